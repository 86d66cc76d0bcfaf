//! What happens to a value on its way, and what a column does that gives no value.

/// What a value went through between two columns; the later is the stronger, and a path is as strong as its
/// strongest step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The same value under the same name.
    Identity,
    /// The same value under another name.
    Rename,
    /// The value in another type.
    Cast,
    /// A value without any input: literals only.
    Constant,
    /// A value that the statement makes: a clock, a sequence, a name of a column.
    Generated,
    /// Operators and functions of single rows.
    Expression,
    /// One of several values, or a value that only chooses between others.
    Conditional,
    /// A value of many rows.
    Aggregate,
    /// A value of a window of rows, its partition and order included.
    Window,
}

impl Kind {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Rename => "rename",
            Self::Cast => "cast",
            Self::Constant => "constant",
            Self::Generated => "generated",
            Self::Expression => "expression",
            Self::Conditional => "conditional",
            Self::Aggregate => "aggregate",
            Self::Window => "window",
        }
    }

    /// True if the value is the same on both ends, so that a description still fits.
    pub fn keeps_value(self) -> bool {
        matches!(self, Self::Identity | Self::Rename)
    }
}

/// How a column decides which rows or groups exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// `where`, `having`, `qualify`, and what `exists` and `in` look at.
    Filter,
    /// A condition or column of a join.
    JoinKey,
    /// `group by`.
    Group,
    /// `order by`, of the statement or of a window that filters.
    Order,
    /// `partition by` of a window that filters.
    Partition,
    /// `distinct`.
    Distinct,
    /// Compared by a set operation that drops rows.
    SetOperation,
    /// Turned from rows into columns or back.
    Pivot,
}

impl Role {
    /// The name that JSON has.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::JoinKey => "join_key",
            Self::Group => "group",
            Self::Order => "order",
            Self::Partition => "partition",
            Self::Distinct => "distinct",
            Self::SetOperation => "set_operation",
            Self::Pivot => "pivot",
        }
    }
}

//! Numbers that saturate: 64 bits where decisions are searched, 128 where people read them.

/// A number that never wraps.
pub(super) trait Count: Copy + Ord + Default {
    /// One.
    const ONE: Self;
    /// From a plain number.
    fn of(value: u64) -> Self;
    /// Sum, or the largest there is.
    fn plus(self, other: Self) -> Self;
    /// Product, or the largest there is.
    fn times(self, by: u64) -> Self;
}

impl Count for u64 {
    const ONE: Self = 1;

    fn of(value: u64) -> Self {
        value
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn times(self, by: u64) -> Self {
        self.saturating_mul(by)
    }
}

impl Count for u128 {
    const ONE: Self = 1;

    fn of(value: u64) -> Self {
        Self::from(value)
    }

    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn times(self, by: u64) -> Self {
        self.saturating_mul(Self::from(by))
    }
}

/// A size on a scale where doubling adds 1,024: differences of such say how many times one is the other.
pub(super) fn log_scale(value: u128) -> u64 {
    if value == 0 {
        return 0;
    }
    let exponent = value.ilog2();
    let fraction = if exponent >= 10 { value >> (exponent - 10) } else { value << (10 - exponent) };
    u64::from(exponent) * 1024 + (fraction as u64 - 1024) + 1
}

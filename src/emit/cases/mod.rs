//! Cases of inlining: parts in, statement out.

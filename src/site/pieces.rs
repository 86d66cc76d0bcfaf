//! Large files, piece by piece: made on all cores, written in order, never in memory whole.

use std::io;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

/// So many numbers make a piece.
const PIECE: u32 = 32;
/// So many pieces are made before they are written.
const TOGETHER: u32 = 16;

/// Writes what `make` adds for each number below `count`, in order. Fails where `out` does.
pub(super) fn in_order(
    count: u32,
    out: &mut dyn io::Write,
    make: impl Fn(u32, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    for first in (0..count).step_by((PIECE * TOGETHER) as usize) {
        let pieces: Vec<Vec<u8>> = (0..TOGETHER)
            .into_par_iter()
            .map(|at| {
                let start = (first + at * PIECE).min(count);
                let mut piece = Vec::new();
                for number in start..(start + PIECE).min(count) {
                    make(number, &mut piece);
                }
                piece
            })
            .collect();
        for piece in pieces {
            out.write_all(&piece)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_come_in_order() {
        for count in [0, 1, 31, 32, 512, 513, 5_000] {
            let mut out = Vec::new();
            in_order(count, &mut out, |number, piece| piece.extend(format!("{number} ").bytes()))
                .expect("memory");
            let expect: String = (0..count).map(|number| format!("{number} ")).collect();
            assert_eq!(String::from_utf8(out).expect("digits"), expect);
        }
    }
}

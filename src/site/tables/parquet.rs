//! Parquet files of flat rows: texts, whole numbers and yes or no, each of which may be absent.
//!
//! Texts and numbers stand in a dictionary, for a project's tables name the same things over and over; pages are
//! compressed by gzip. That is all that such tables need of the format, and every reader knows it.
//! Form: <https://parquet.apache.org/docs/file-format/>. The same rows give the same bytes.
//!
//! Why not the `parquet` crate: without default features it is only three crates more (60.1), yet compiling it took 77 CPU
//! seconds, a fifth of what all of a release build takes, for what are 430 lines here.

use std::borrow::Cow;
use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustc_hash::FxHashMap;

use super::thrift::{Struct, varint};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Bool,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Null,
    Text(Cow<'a, str>),
    Int(i64),
    Bool(bool),
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> Cell<'a> {
    /// A text, or nothing.
    pub(super) fn text(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A count; one that no number of 64 bits holds is the largest.
    pub(super) fn count(count: impl TryInto<i64>) -> Self {
        Self::Int(count.try_into().unwrap_or(i64::MAX))
    }
}

/// A column's name and kind.
pub(super) type Field = (&'static str, Kind);

/// So many rows are written together, unless their texts are larger than [`BYTES`].
const ROWS: usize = 50_000;
/// So many bytes of values are held in memory.
const BYTES: usize = 8 << 20;

/// The numbers that the format gives to what is used of it.
const OPTIONAL: i64 = 1;
const UTF8: i64 = 0;
const PLAIN: i64 = 0;
const RLE: i64 = 3;
const RLE_DICTIONARY: i64 = 8;
const GZIP: i64 = 2;
const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;

impl Kind {
    /// Its type on disk.
    fn number(self) -> i64 {
        match self {
            Self::Bool => 0,
            Self::Int => 2,
            Self::Text => 6,
        }
    }
}

/// Writes a table row by row.
pub(super) struct Writer<'o> {
    out: &'o mut dyn io::Write,
    at: i64,
    fields: Vec<Field>,
    columns: Vec<Column>,
    rows: usize,
    groups: Vec<Struct>,
    written: i64,
}

impl<'o> Writer<'o> {
    /// Begins a file.
    pub(super) fn new(fields: Vec<Field>, out: &'o mut dyn io::Write) -> io::Result<Self> {
        out.write_all(b"PAR1")?;
        let columns = fields.iter().map(|_| Column::default()).collect();
        Ok(Self { out, at: 4, fields, columns, rows: 0, groups: Vec::new(), written: 0 })
    }

    /// Adds a row; its cells are of the fields' kinds, in their order. Fails where the file does.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.fields.len(), "a cell for each field");
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.add(cell);
        }
        self.rows += 1;
        let bytes = || self.columns.iter().map(|column| column.values.len()).sum::<usize>();
        if self.rows >= ROWS || (self.rows.is_multiple_of(64) && bytes() >= BYTES) {
            self.group()?;
        }
        Ok(())
    }

    /// Writes what is left, and what the file has.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.group()?;
        let root = Struct::default().text(4, "schema").i32(5, size(self.fields.len()));
        let mut schema = vec![root];
        schema.extend(self.fields.iter().map(|(name, kind)| {
            let element = Struct::default().i32(1, kind.number()).i32(3, OPTIONAL).text(4, name);
            match kind {
                Kind::Text => {
                    let string = Struct::default().inner(1, Struct::default());
                    element.i32(6, UTF8).inner(10, string)
                }
                Kind::Int | Kind::Bool => element,
            }
        }));
        let footer = Struct::default()
            .i32(1, 1)
            .list_of_structs(2, schema)
            .i64(3, self.written)
            .list_of_structs(4, self.groups)
            .text(6, concat!("buhin version ", env!("CARGO_PKG_VERSION")))
            .done();
        self.out.write_all(&footer)?;
        self.out.write_all(&(footer.len() as u32).to_le_bytes())?;
        self.out.write_all(b"PAR1")
    }

    /// Writes the rows so far.
    fn group(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(());
        }
        let mut chunks = Vec::new();
        let mut total = 0;
        for (place, (name, kind)) in self.fields.clone().into_iter().enumerate() {
            let column = std::mem::take(&mut self.columns[place]);
            let start = self.at;
            let (mut plain, mut dictionary) = (0, None);
            let is_in_dictionary = column.count > 0;
            if is_in_dictionary {
                let inner = Struct::default().i32(1, column.count.into()).i32(2, PLAIN);
                dictionary = Some(self.at);
                plain += self.page(DICTIONARY_PAGE, 7, inner, &column.values)?;
            }
            let encoding = if is_in_dictionary { RLE_DICTIONARY } else { PLAIN };
            let inner = Struct::default().i32(1, size(rows)).i32(2, encoding).i32(3, RLE).i32(4, RLE);
            let data = self.at;
            plain += self.page(DATA_PAGE, 5, inner, &column.data())?;
            total += plain;
            let meta = Struct::default()
                .i32(1, kind.number())
                .list_of_i32(2, &[PLAIN, RLE, encoding][..if is_in_dictionary { 3 } else { 2 }])
                .list_of_text(3, &[name])
                .i32(4, GZIP)
                .i64(5, size(rows))
                .i64(6, plain)
                .i64(7, self.at - start)
                .i64(9, data);
            let meta = dictionary.into_iter().fold(meta, |meta, at| meta.i64(11, at));
            chunks.push(Struct::default().i64(2, start).inner(3, meta));
        }
        self.written += size(rows);
        self.groups.push(Struct::default().list_of_structs(1, chunks).i64(2, total).i64(3, size(rows)));
        Ok(())
    }

    /// Writes a page; gives its size before compression, header included.
    fn page(&mut self, kind: i64, number: u8, inner: Struct, bytes: &[u8]) -> io::Result<i64> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes)?;
        let packed = encoder.finish()?;
        let sizes = Struct::default().i32(1, kind).i32(2, size(bytes.len())).i32(3, size(packed.len()));
        let header = sizes.inner(number, inner).done();
        self.out.write_all(&header)?;
        self.out.write_all(&packed)?;
        self.at += size(header.len() + packed.len());
        Ok(size(header.len() + bytes.len()))
    }
}

/// A length as Thrift takes it; no file is nearly so long.
fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The values of one column so far.
#[derive(Default)]
struct Column {
    /// Whether each row has a value.
    present: Vec<bool>,
    /// Distinct values as they are on disk, one after the other.
    values: Vec<u8>,
    /// How many these are.
    count: u32,
    numbers: FxHashMap<Box<[u8]>, u32>,
    /// For each value its number among the distinct ones.
    places: Vec<u32>,
    /// Values of yes or no, which have no dictionary.
    flags: Vec<bool>,
}

impl Column {
    fn add(&mut self, cell: &Cell<'_>) {
        self.present.push(*cell != Cell::Null);
        match cell {
            Cell::Null => {}
            Cell::Bool(flag) => self.flags.push(*flag),
            Cell::Int(number) => self.value(&number.to_le_bytes(), false),
            Cell::Text(text) => self.value(text.as_bytes(), true),
        }
    }

    fn value(&mut self, bytes: &[u8], has_length: bool) {
        let number = self.numbers.get(bytes).copied().unwrap_or_else(|| {
            if has_length {
                self.values.extend((bytes.len() as u32).to_le_bytes());
            }
            self.values.extend_from_slice(bytes);
            self.numbers.insert(bytes.into(), self.count);
            self.count += 1;
            self.count - 1
        });
        self.places.push(number);
    }

    /// The page of data: which rows have values, and the values or their numbers.
    fn data(&self) -> Vec<u8> {
        let mut levels = Vec::new();
        packed(&mut levels, &self.present.iter().map(|it| u32::from(*it)).collect::<Vec<_>>(), 1);
        let mut data = Vec::with_capacity(levels.len() + self.places.len() * 2 + 8);
        data.extend((levels.len() as u32).to_le_bytes());
        data.extend(levels);
        if self.count > 0 {
            let width = (u32::BITS - (self.count - 1).leading_zeros()).max(1);
            data.push(width as u8);
            packed(&mut data, &self.places, width);
        } else {
            bits(&mut data, &self.flags.iter().map(|it| u32::from(*it)).collect::<Vec<_>>(), 1);
        }
        data
    }
}

/// Numbers of so many bits as one run of the hybrid encoding, in groups of eight.
fn packed(bytes: &mut Vec<u8>, numbers: &[u32], width: u32) {
    let groups = numbers.len().div_ceil(8);
    varint(bytes, (groups as u64) << 1 | 1);
    let end = bytes.len() + groups * width as usize;
    bits(bytes, numbers, width);
    bytes.resize(end, 0);
}

/// Numbers one after the other, the lowest bit first.
fn bits(bytes: &mut Vec<u8>, numbers: &[u32], width: u32) {
    let (mut held, mut count) = (0_u64, 0);
    for number in numbers {
        held |= u64::from(*number) << count;
        count += width;
        while count >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        bytes.push(held as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_packed_as_the_specification_shows() {
        let mut bytes = Vec::new();
        packed(&mut bytes, &[0, 1, 2, 3, 4, 5, 6, 7], 3);
        assert_eq!(bytes, [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        bytes.clear();
        packed(&mut bytes, &[1], 1);
        assert_eq!(bytes, [3, 1]);
        bytes.clear();
        packed(&mut bytes, &[], 1);
        assert_eq!(bytes, [1]);
    }

    #[test]
    fn a_file_has_its_marks_and_the_same_rows_give_the_same_bytes() {
        let fields = vec![("a", Kind::Text), ("b", Kind::Int), ("c", Kind::Bool)];
        let write = || {
            let mut out = Vec::new();
            let mut writer = Writer::new(fields.clone(), &mut out).expect("memory");
            for at in 0..100_i64 {
                let text = format!("部品 {}", at % 7);
                writer
                    .row(&[
                        text.into(),
                        Cell::Int(at),
                        if at % 3 == 0 { Cell::Null } else { Cell::Bool(true) },
                    ])
                    .expect("memory");
            }
            writer.finish().expect("memory");
            out
        };
        let bytes = write();
        assert_eq!(bytes, write());
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        let length = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().expect("four"));
        assert!((length as usize) < bytes.len() - 12);
    }
}

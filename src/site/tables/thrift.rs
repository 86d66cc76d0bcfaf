//! Thrift's compact protocol, as far as the headers of Parquet need it.
//!
//! Form: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

/// A struct that is being written, field by field, in the order of their numbers.
#[derive(Default)]
pub(super) struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

impl Struct {
    pub(super) fn i32(self, number: u8, value: i64) -> Self {
        self.field(number, 5, |bytes| varint(bytes, zigzag(value)))
    }

    pub(super) fn i64(self, number: u8, value: i64) -> Self {
        self.field(number, 6, |bytes| varint(bytes, zigzag(value)))
    }

    pub(super) fn text(self, number: u8, value: &str) -> Self {
        self.field(number, 8, |bytes| text(bytes, value))
    }

    pub(super) fn inner(self, number: u8, value: Self) -> Self {
        self.field(number, 12, |bytes| bytes.extend(value.done()))
    }

    pub(super) fn list_of_i32(self, number: u8, values: &[i64]) -> Self {
        self.list(number, 5, values, |bytes, value| varint(bytes, zigzag(*value)))
    }

    pub(super) fn list_of_text(self, number: u8, values: &[&str]) -> Self {
        self.list(number, 8, values, |bytes, value| text(bytes, value))
    }

    pub(super) fn list_of_structs(self, number: u8, values: Vec<Self>) -> Self {
        let values: Vec<Vec<u8>> = values.into_iter().map(Self::done).collect();
        self.list(number, 12, &values, |bytes, value| bytes.extend(value))
    }

    /// The bytes, with the mark of its end.
    pub(super) fn done(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    fn list<T>(self, number: u8, kind: u8, values: &[T], write: impl Fn(&mut Vec<u8>, &T)) -> Self {
        self.field(number, 9, |bytes| {
            match u8::try_from(values.len()) {
                Ok(short) if short < 15 => bytes.push(short << 4 | kind),
                _ => {
                    bytes.push(0xF0 | kind);
                    varint(bytes, values.len() as u64);
                }
            }
            for value in values {
                write(bytes, value);
            }
        })
    }

    /// Fields are numbered by how far they are from the one before; all of Parquet's are near.
    fn field(mut self, number: u8, kind: u8, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        self.bytes.push((number - self.last) << 4 | kind);
        self.last = number;
        write(&mut self.bytes);
        self
    }
}

/// A number, seven bits a byte, the lowest first.
pub(super) fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    varint(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_specification_shows() {
        let mut bytes = Vec::new();
        for value in [1, 127, 128, 50399] {
            varint(&mut bytes, value);
        }
        assert_eq!(bytes, [1, 127, 0x80, 1, 0xDF, 0x89, 3]);
        assert_eq!([0, -1, 1, -2, 2].map(zigzag), [0, 1, 2, 3, 4]);
        let inner = Struct::default().i64(2, -1);
        let bytes = Struct::default().i32(1, 1).text(4, "ab").inner(5, inner).list_of_i32(6, &[1, 2]).done();
        assert_eq!(bytes, [0x15, 2, 0x38, 2, b'a', b'b', 0x1C, 0x26, 1, 0, 0x19, 0x25, 2, 4, 0]);
        let long = Struct::default().list_of_text(1, &["a"; 15]).done();
        assert_eq!(long[..5], [0x19, 0xF8, 15, 1, b'a']);
    }
}

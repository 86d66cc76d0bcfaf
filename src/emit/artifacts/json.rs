//! Writing JSON into memory, the way serde_json writes it.
//!
//! serde_json looks at each byte of each text and key on its own, and a manifest is little else: here plain texts are
//! looked at eight bytes at a time, and the names of fields not at all.

use std::fmt::Write as _;

use serde::{Serialize, Serializer, ser};

/// Why plain data can't be written: it can't happen in memory, but serde wants a type.
type Error = std::fmt::Error;

/// Adds a value as compact JSON.
pub(super) fn push(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    value.serialize(Json(out))
}

/// Adds a JSON string.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = special(rest) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The first byte that JSON wants escaped: a quote, a backslash or a control character.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Bytes that are zero have their top bit set; a byte after one may have it, too, which only costs a second look.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let mut at = 0;
    for chunk in bytes.as_chunks().0 {
        let word = u64::from_le_bytes(*chunk);
        let small = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        if small | zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c)) != 0
            && let Some(found) = chunk.iter().position(|byte| is_special(*byte))
        {
            return Some(at + found);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| is_special(*byte)).map(|found| at + found)
}

/// Writes one value.
struct Json<'o>(&'o mut Vec<u8>);

/// The items or entries of a value.
struct Items<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
    end: &'static [u8],
}

impl<'o> Json<'o> {
    fn open(self, start: &[u8], end: &'static [u8]) -> Items<'o> {
        self.0.extend_from_slice(start);
        Items { out: self.0, is_empty: true, end }
    }

    fn number(self, number: impl std::fmt::Display) -> Result<(), Error> {
        let mut text = String::new();
        write!(text, "{number}")?;
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// `{"name":`, whose end the caller adds.
    fn variant(&mut self, name: &str) {
        self.0.push(b'{');
        push_text(self.0, name);
        self.0.push(b':');
    }
}

impl<'o> Serializer for Json<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'o>;
    type SerializeTuple = Items<'o>;
    type SerializeTupleStruct = Items<'o>;
    type SerializeTupleVariant = Items<'o>;
    type SerializeMap = Items<'o>;
    type SerializeStruct = Items<'o>;
    type SerializeStructVariant = Items<'o>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(self.0, &value).map_err(ser::Error::custom)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        push_text(self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        value.serialize(Json(self.0))?;
        self.0.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Items<'o>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Items<'o>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Items<'o>, Error> {
        Ok(self.open(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Items<'o>, Error> {
        self.variant(variant);
        Ok(self.open(b"[", b"]}"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Items<'o>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Items<'o>, Error> {
        Ok(self.open(b"{", b"}"))
    }

    fn serialize_struct_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Items<'o>, Error> {
        self.variant(variant);
        Ok(self.open(b"{", b"}}"))
    }
}

impl Items<'_> {
    fn next(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(Json(self.out))
    }

    /// The name of a field is a word of ours.
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.next();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        value.serialize(Json(self.out))
    }

    fn close(self) {
        self.out.extend_from_slice(self.end);
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.next();
        let start = self.out.len();
        key.serialize(Json(self.out))?;
        // Keys are texts; a number becomes one.
        if self.out.get(start) != Some(&b'"') {
            self.out.insert(start, b'"');
            self.out.push(b'"');
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(Json(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &(impl Serialize + ?Sized)) {
        let mut out = Vec::new();
        push(&mut out, value).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(value).unwrap());
    }

    #[test]
    fn texts_are_escaped_as_serde_json_does() {
        let all: String = (0..0x80u8).map(char::from).collect();
        let texts =
            ["", "a", "\"", "select 1", "select 'é' as 売上, \"x\"\n\tfrom a\\b -- 1234567\u{1}", &all];
        for text in texts {
            for from in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                check(&text[from..]);
            }
        }
    }

    #[test]
    fn values_are_written_as_serde_json_does() {
        #[derive(Serialize)]
        struct Part<'a> {
            name: &'a str,
            nothing: Option<u8>,
            unit: (),
            pair: (u64, [i8; 2]),
            kinds: Vec<Kind>,
            #[serde(flatten)]
            more: std::collections::BTreeMap<&'a str, serde_json::Value>,
        }
        #[derive(Serialize)]
        enum Kind {
            One,
            Two(f64),
            Three(bool, char),
            Four { deep: Vec<u8> },
        }
        let kinds = vec![Kind::One, Kind::Two(1.5), Kind::Three(true, '"'), Kind::Four { deep: vec![] }];
        let more = serde_json::json!({"a": {"b": [1, -2, 0.1, 1e300, null]}, "\n": {}});
        let more = serde_json::from_value::<std::collections::BTreeMap<String, _>>(more).unwrap();
        let more =
            more.iter().map(|(key, value): (&String, &serde_json::Value)| (key.as_str(), value.clone()));
        check(&Part { name: "é", nothing: None, unit: (), pair: (7, [-1, 2]), kinds, more: more.collect() });
        check(&std::collections::BTreeMap::from([(1, "a"), (2, "b")]));
        check(&f64::NAN);
    }
}

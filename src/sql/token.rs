//! SQL tokens with byte spans, white space and comments included: together they cover the whole text.
//!
//! This knows how each dialect quotes and comments, and nothing of grammar; it never fails. A string or comment
//! that is not closed runs to the end of the text and is marked as open.

use super::Dialect;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Space,
    /// A comment, with its line end left out.
    Comment,
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Quoted,
    /// A string of any form.
    String,
    /// A number.
    Number,
    /// Any other single character.
    Symbol(u8),
    /// A string, name or comment that is never closed.
    Open,
}

impl TokenKind {
    /// True for blanks and comments.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Space | Self::Comment)
    }
}

/// A token's kind and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Token {
    /// The token's text.
    pub fn text<'s>(&self, sql: &'s str) -> &'s str {
        &sql[self.start as usize..self.end as usize]
    }

    /// True for the keyword `word`, in any case.
    pub fn is(&self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word
            && sql.as_bytes()[self.start as usize..self.end as usize].eq_ignore_ascii_case(word.as_bytes())
    }
}

/// The tokens of a text, one after the other.
#[derive(Clone, Debug)]
pub struct Tokens<'s> {
    sql: &'s [u8],
    rules: Rules,
    at: usize,
}

/// All tokens of `sql`.
pub fn tokens(dialect: Dialect, sql: &str) -> Tokens<'_> {
    Tokens { sql: sql.as_bytes(), rules: Rules::of(dialect), at: 0 }
}

/// How a dialect quotes and comments.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "a table of yes and no")]
struct Rules {
    hash_comment: bool,
    slash_comment: bool,
    nested_comment: bool,
    dash_needs_space: bool,
    backslash: bool,
    double_is_string: bool,
    backtick: bool,
    bracket: bool,
    dollar: bool,
    escape_prefix: bool,
    triple: bool,
    raw_prefix: bool,
    hash_in_word: bool,
}

impl Rules {
    fn of(dialect: Dialect) -> Self {
        use Dialect as D;
        let is = |dialects: &[Dialect]| dialects.contains(&dialect);
        Self {
            hash_comment: is(&[D::BigQuery, D::MySql, D::MariaDb, D::ClickHouse]),
            slash_comment: is(&[D::Snowflake]),
            nested_comment: is(&[
                D::DuckDb,
                D::Postgres,
                D::Redshift,
                D::MsSql,
                D::Fabric,
                D::Databricks,
                D::Spark,
                D::ClickHouse,
                D::DataFusion,
            ]),
            dash_needs_space: dialect.is_mysql(),
            backslash: is(&[
                D::BigQuery,
                D::MySql,
                D::MariaDb,
                D::Databricks,
                D::Spark,
                D::ClickHouse,
                D::Snowflake,
                D::Redshift,
            ]),
            double_is_string: dialect.double_quotes_are_strings(),
            backtick: is(&[
                D::BigQuery,
                D::MySql,
                D::MariaDb,
                D::Databricks,
                D::Spark,
                D::ClickHouse,
                D::Sqlite,
                D::Athena,
            ]),
            bracket: is(&[D::MsSql, D::Fabric, D::Sqlite]),
            dollar: is(&[
                D::DuckDb,
                D::Postgres,
                D::Redshift,
                D::Snowflake,
                D::ClickHouse,
                D::Databricks,
                D::DataFusion,
            ]),
            escape_prefix: is(&[D::DuckDb, D::Postgres, D::Redshift]),
            triple: is(&[D::BigQuery]),
            raw_prefix: is(&[D::BigQuery, D::Databricks, D::Spark]),
            hash_in_word: is(&[D::MsSql, D::Fabric]),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let byte = *self.sql.get(start)?;
        let kind = self.token(byte);
        debug_assert!(self.at > start, "every token has a byte");
        Some(Token { kind, start: start as u32, end: self.at as u32 })
    }
}

impl Tokens<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.sql.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self, byte: u8) -> TokenKind {
        let rules = &self.rules;
        match byte {
            // The three that most of a text is made of come first.
            b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c => {
                self.skip_while(|byte| BLANK[byte as usize]);
                TokenKind::Space
            }
            0x80.. if self.wide_blank() > 0 => {
                while self.wide_blank() > 0 {
                    self.at += self.wide_blank();
                }
                TokenKind::Space
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.word(),
            b',' | b'(' | b')' | b'=' | b'*' => {
                self.at += 1;
                TokenKind::Symbol(byte)
            }
            b'-' if self.peek(1) == b'-'
                && (!rules.dash_needs_space || self.at + 2 >= self.sql.len() || self.peek(2) <= b' ') =>
            {
                self.line_comment()
            }
            b'#' if rules.hash_comment => self.line_comment(),
            b'/' if self.peek(1) == b'/' && rules.slash_comment => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'\'' => self.string(b'\'', rules.backslash, rules.triple),
            b'"' if rules.double_is_string => self.string(b'"', rules.backslash, rules.triple),
            b'"' => self.quoted(b'"'),
            b'`' if rules.backtick => self.quoted(b'`'),
            b'[' if rules.bracket => self.quoted(b']'),
            b'$' if rules.dollar => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() && !self.after_name() => self.number(),
            b'@' | b'#' if rules.hash_in_word => self.word(),
            symbol => {
                self.at += 1;
                TokenKind::Symbol(symbol)
            }
        }
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        let rest = &self.sql[self.at.min(self.sql.len())..];
        self.at += rest.iter().position(|byte| !keep(*byte)).unwrap_or(rest.len());
    }

    /// Bytes of a blank beyond ASCII here: the ideographic space, which Japanese keyboards type, and no-break
    /// spaces.
    fn wide_blank(&self) -> usize {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            // The second is a byte order mark.
            (0xe3, 0x80, 0x80) | (0xef, 0xbb, 0xbf) => 3,
            (0xc2, 0xa0, _) => 2,
            _ => 0,
        }
    }

    /// True right after a name or a closing bracket, where `.5` would be a field.
    fn after_name(&self) -> bool {
        let before = self.at.checked_sub(1).map_or(0, |at| self.sql[at]);
        before == b'_'
            || before.is_ascii_alphanumeric()
            || before >= 0x80
            || matches!(before, b'"' | b'`' | b']' | b')')
    }

    fn line_comment(&mut self) -> TokenKind {
        self.skip_while(|byte| byte != b'\n' && byte != b'\r');
        TokenKind::Comment
    }

    fn block_comment(&mut self) -> TokenKind {
        self.at += 2;
        let mut depth = 1;
        while self.at < self.sql.len() {
            match (self.sql[self.at], self.peek(1)) {
                (b'*', b'/') => {
                    self.at += 2;
                    depth -= 1;
                    if depth == 0 {
                        return TokenKind::Comment;
                    }
                }
                (b'/', b'*') if self.rules.nested_comment => {
                    self.at += 2;
                    depth += 1;
                }
                _ => self.at += 1,
            }
        }
        TokenKind::Open
    }

    fn string(&mut self, quote: u8, backslash: bool, triple: bool) -> TokenKind {
        if triple && self.peek(1) == quote && self.peek(2) == quote {
            self.at += 3;
            while self.at < self.sql.len() {
                match self.sql[self.at] {
                    b'\\' if backslash => self.at += 2,
                    byte if byte == quote && self.peek(1) == quote && self.peek(2) == quote => {
                        self.at += 3;
                        return TokenKind::String;
                    }
                    _ => self.at += 1,
                }
            }
            self.at = self.sql.len();
            return TokenKind::Open;
        }
        self.at += 1;
        while self.at < self.sql.len() {
            match self.sql[self.at] {
                b'\\' if backslash => self.at += 2,
                byte if byte == quote && self.peek(1) == quote => self.at += 2,
                byte if byte == quote => {
                    self.at += 1;
                    return TokenKind::String;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.sql.len();
        TokenKind::Open
    }

    fn quoted(&mut self, close: u8) -> TokenKind {
        self.at += 1;
        while self.at < self.sql.len() {
            if self.sql[self.at] == close {
                if self.peek(1) == close {
                    self.at += 2;
                    continue;
                }
                self.at += 1;
                return TokenKind::Quoted;
            }
            self.at += 1;
        }
        TokenKind::Open
    }

    /// `$$…$$`, `$tag$…$tag$`, or a lone `$` as in `$1`.
    fn dollar(&mut self) -> TokenKind {
        let tag_end = self.sql[self.at + 1..]
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
            .map(|length| self.at + 1 + length);
        let tagged = tag_end.filter(|end| self.sql[*end] == b'$' && !self.peek(1).is_ascii_digit());
        let Some(tag_end) = tagged else {
            self.at += 1;
            return TokenKind::Symbol(b'$');
        };
        let tag = self.at..tag_end + 1;
        let length = tag.len();
        let body = tag.end;
        let found = self.sql[body..].windows(length).position(|window| window == &self.sql[tag.clone()]);
        if let Some(at) = found {
            self.at = body + at + length;
            TokenKind::String
        } else {
            self.at = self.sql.len();
            TokenKind::Open
        }
    }

    fn number(&mut self) -> TokenKind {
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
        // An exponent's sign: `1e-5`.
        if matches!(self.sql[self.at - 1], b'e' | b'E')
            && matches!(self.peek(0), b'+' | b'-')
            && self.peek(1).is_ascii_digit()
        {
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        TokenKind::Number
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        let hash = self.rules.hash_in_word;
        // Nearly all bytes of words are plain. A character beyond ASCII goes as a whole, so that the next look
        // begins at one.
        self.skip_while(|byte| PLAIN[byte as usize]);
        let further = |byte: u8| byte >= 0x80 || (hash && matches!(byte, b'@' | b'#'));
        while further(self.peek(0)) && self.wide_blank() == 0 {
            self.at += width(self.peek(0));
            self.skip_while(|byte| PLAIN[byte as usize]);
        }
        self.at = self.at.min(self.sql.len());
        let quote = self.peek(0);
        if quote != b'\'' && !(quote == b'"' && self.rules.double_is_string) {
            return TokenKind::Word;
        }
        let prefix = self.sql[start..self.at].to_ascii_lowercase();
        match prefix.as_slice() {
            b"e" if self.rules.escape_prefix => self.string(quote, true, false),
            b"r" | b"rb" | b"br" if self.rules.raw_prefix => {
                self.string(quote, self.rules.triple, self.rules.triple)
            }
            b"b" if self.rules.triple => self.string(quote, true, true),
            _ => TokenKind::Word,
        }
    }
}

/// The bytes of words that are ASCII.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'$');
        byte += 1;
    }
    plain
};

/// The blanks that are ASCII.
static BLANK: [bool; 256] = {
    let mut blank = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        blank[byte] = matches!(byte as u8, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
        byte += 1;
    }
    blank
};

/// Bytes of the character that begins with this byte.
fn width(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, sql: &str, expect: &str) {
        let shown: Vec<String> = tokens(dialect, sql)
            .filter(|token| token.kind != TokenKind::Space)
            .map(|token| {
                let kind = match token.kind {
                    TokenKind::Comment => "c",
                    TokenKind::Word => "w",
                    TokenKind::Quoted => "q",
                    TokenKind::String => "s",
                    TokenKind::Number => "n",
                    TokenKind::Symbol(_) => "",
                    TokenKind::Open => "open",
                    TokenKind::Space => "space",
                };
                format!("{kind}{}", token.text(sql))
            })
            .collect();
        assert_eq!(shown.join(" "), expect);
        let covered: usize = tokens(dialect, sql).map(|token| (token.end - token.start) as usize).sum();
        assert_eq!(covered, sql.len());
    }

    #[test]
    fn comments_and_strings_hide_what_is_in_them() {
        check(
            Dialect::DuckDb,
            "a -- b 'c\nd /* e /* f */ g */ 'h''-- i'",
            "wa c-- b 'c wd c/* e /* f */ g */ s'h''-- i'",
        );
        check(Dialect::Snowflake, "a // b\n'c\\'d' e", "wa c// b s'c\\'d' we");
        check(Dialect::DuckDb, "a // b", "wa / / wb");
        check(Dialect::BigQuery, "a # b\nc", "wa c# b wc");
        check(Dialect::MySql, "5--3", "n5 - - n3");
        check(Dialect::MariaDb, "5--3 # a\nb", "n5 - - n3 c# a wb");
        check(Dialect::ClickHouse, "a # b\nc", "wa c# b wc");
        check(Dialect::Sqlite, "a -- b\nc # d", "wa c-- b wc # wd");
    }

    #[test]
    fn block_comments_nest_only_where_they_do() {
        check(Dialect::BigQuery, "/* a /* b */ c */", "c/* a /* b */ wc * /");
        for dialect in [Dialect::Sqlite, Dialect::MariaDb, Dialect::MySql] {
            check(dialect, "/* a /* b */ c", "c/* a /* b */ wc");
        }
        for dialect in [Dialect::DataFusion, Dialect::ClickHouse, Dialect::Spark] {
            check(dialect, "/* a /* b */ c */ d", "c/* a /* b */ c */ wd");
        }
    }

    #[test]
    fn dollar_quotes_with_and_without_tags() {
        check(Dialect::Postgres, "$$ a ; ' $$ $x$ $$ $x$ $1", "s$$ a ; ' $$ s$x$ $$ $x$ $ n1");
    }

    #[test]
    fn escapes_by_dialect_and_prefix() {
        check(Dialect::Postgres, r"E'a\'b' 'c\' d", r"sE'a\'b' s'c\' wd");
        check(Dialect::DataFusion, r"'c\' d", r"s'c\' wd");
        check(Dialect::Sqlite, r"'c\' `d`", r"s'c\' q`d`");
        check(Dialect::MariaDb, r#"'c\' d' "e" `f`"#, r#"s'c\' d' s"e" q`f`"#);
        check(Dialect::BigQuery, r#"r'a\d' """b "c" d""" "e""#, r#"sr'a\d' s"""b "c" d""" s"e""#);
    }

    #[test]
    fn names_in_quotes_and_other_scripts() {
        check(Dialect::MsSql, "[a]]b] #tmp @x", "q[a]]b] w#tmp w@x");
        check(Dialect::DuckDb, "\"a\"\"b\".売上合計 t.5 x[1]", "q\"a\"\"b\" . w売上合計 wt . n5 wx [ n1 ]");
        check(Dialect::ClickHouse, "`a b` \"c\"", "q`a b` q\"c\"");
    }

    #[test]
    fn wide_blanks_part_words() {
        check(Dialect::DuckDb, "select　売上\u{a0}from t", "wselect w売上 wfrom wt");
        check(Dialect::DuckDb, "\u{feff}select 1", "wselect n1");
    }

    #[test]
    fn what_is_never_closed_is_open() {
        check(Dialect::DuckDb, "a 'b", "wa open'b");
        check(Dialect::DuckDb, "a /* b", "wa open/* b");
        check(Dialect::BigQuery, "'a\\", "open'a\\");
    }
}

//! Markdown as HTML that can do nothing: no raw HTML, no image from elsewhere, no link but to the web, mail and the
//! page itself.
//!
//! The HTML is written here, tag by tag, from the parser's events, so that nothing passes that is not named here.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// Longer descriptions are cut: nobody reads a megabyte.
const MOST: usize = 200_000;

/// The parser with what dbt's own pages take: tables, strike-through, tasks.
pub(super) fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS)
}

/// The last boundary of a character at or before `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// True for one line in which no character means anything to Markdown.
pub(super) fn is_plain(text: &str) -> bool {
    let special = |byte: u8| {
        matches!(
            byte,
            b'*' | b'_'
                | b'`'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'#'
                | b'\\'
                | b'!'
                | b'|'
                | b'~'
                | b'&'
                | b'\n'
                | b'\r'
        )
    };
    let text = text.as_bytes();
    let begins =
        text.first().is_none_or(|byte| matches!(byte, b'-' | b'+' | b'=' | b'0'..=b'9' | b' ' | b'\t'));
    !begins && !text.iter().copied().any(special) && !text.windows(3).any(|it| it == b"://")
}

/// Markdown as safe HTML; `None` if there is nothing to show.
pub fn html(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    if is_plain(text) && text.len() <= MOST {
        out.push_str("<p>");
        escape(&mut out, text);
        out.push_str("</p>\n");
        return Some(out);
    }
    let cut = floor(text, MOST);
    let mut writer = Writer { out, in_head: false, alignments: Vec::new(), cell: 0, links: Vec::new() };
    for event in parser(&text[..cut]) {
        writer.event(event);
    }
    if cut < text.len() {
        writer.out.push_str("<p>…</p>\n");
    }
    Some(writer.out)
}

struct Writer {
    out: String,
    in_head: bool,
    alignments: Vec<Alignment>,
    cell: usize,
    /// For each open link or image, whether it was written as a link.
    links: Vec<bool>,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                escape(&mut self.out, &text);
                self.out.push_str("</code>");
            }
            Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => escape(&mut self.out, &text),
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::TaskListMarker(done) => self.out.push_str(if done { "☑ " } else { "☐ " }),
            Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            // A page has its own first two levels.
            Tag::Heading { level, .. } => {
                let level = (level as usize + 2).min(6);
                self.out.push_str(&format!("<h{level}>"));
            }
            Tag::HtmlBlock => self.out.push_str("<p>"),
            Tag::CodeBlock(kind) => {
                let is_sql = matches!(&kind, CodeBlockKind::Fenced(name) if name.eq_ignore_ascii_case("sql"));
                self.out.push_str(if is_sql { "<pre class=\"sql\"><code>" } else { "<pre><code>" });
            }
            Tag::List(Some(first)) if first != 1 => self.out.push_str(&format!("<ol start=\"{first}\">\n")),
            Tag::List(Some(_)) => self.out.push_str("<ol>\n"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.out.push_str("<table>\n");
            }
            Tag::TableHead => {
                (self.in_head, self.cell) = (true, 0);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.cell = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => {
                let name = if self.in_head { "th" } else { "td" };
                let class = match self.alignments.get(self.cell) {
                    Some(Alignment::Right) => " class=\"right\"",
                    Some(Alignment::Center) => " class=\"center\"",
                    _ => "",
                };
                self.cell += 1;
                self.out.push_str(&format!("<{name}{class}>"));
            }
            Tag::Link { link_type, dest_url, .. } => {
                let to = if link_type == LinkType::Email {
                    format!("mailto:{dest_url}")
                } else {
                    dest_url.into_string()
                };
                self.link(&to);
            }
            Tag::Image { dest_url, .. } => self.link(&dest_url),
            other => {
                if let Some(name) = simple(other.to_end()) {
                    self.out.push_str(&format!("<{name}>"));
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let level = (level as usize + 2).min(6);
                self.out.push_str(&format!("</h{level}>\n"));
            }
            TagEnd::HtmlBlock => self.out.push_str("</p>\n"),
            TagEnd::CodeBlock => self.out.push_str("</code></pre>\n"),
            TagEnd::List(true) => self.out.push_str("</ol>\n"),
            TagEnd::Table => self.out.push_str("</tbody></table>\n"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead>\n<tbody>\n");
            }
            TagEnd::TableRow => self.out.push_str("</tr>\n"),
            TagEnd::TableCell => self.out.push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Link | TagEnd::Image => {
                if self.links.pop() == Some(true) {
                    self.out.push_str("</a>");
                }
            }
            other => {
                if let Some(name) = simple(other) {
                    let line = if matches!(name, "em" | "strong" | "del") { "" } else { "\n" };
                    self.out.push_str(&format!("</{name}>{line}"));
                }
            }
        }
    }

    /// Opens a link if it leads where links may lead, and is not within another.
    fn link(&mut self, to: &str) {
        let is_link = leads_well(to) && !self.links.contains(&true);
        self.links.push(is_link);
        if !is_link {
            return;
        }
        self.out.push_str("<a href=\"");
        escape(&mut self.out, to);
        let outside = !to.starts_with('#');
        self.out.push_str(if outside {
            "\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">"
        } else {
            "\">"
        });
    }

    /// Text, in which a bare address of the web is a link.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = address(rest).filter(|_| self.links.is_empty()) {
            escape(&mut self.out, &rest[..at.start]);
            let to = &rest[at.clone()];
            self.link(to);
            escape(&mut self.out, to);
            self.links.pop();
            self.out.push_str("</a>");
            rest = &rest[at.end..];
        }
        escape(&mut self.out, rest);
    }
}

/// The tag of what needs no attributes.
fn simple(tag: TagEnd) -> Option<&'static str> {
    Some(match tag {
        TagEnd::Paragraph => "p",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::List(_) => "ul",
        TagEnd::Item => "li",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        TagEnd::Strikethrough => "del",
        _ => return None,
    })
}

/// True for an address of the web or of mail, and for a place of the page.
pub(super) fn leads_well(to: &str) -> bool {
    // Browsers pass over blanks and controls in an address; one that has any is not taken.
    let clean = !to.chars().any(|char| char.is_control() || char.is_whitespace());
    let begins = |with: &str| to.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    clean && (["http://", "https://", "mailto:"].iter().any(|it| begins(it)) || to.starts_with('#'))
}

/// The first address of the web in a text.
fn address(text: &str) -> Option<std::ops::Range<usize>> {
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at) {
        from = at + 3;
        let start = ["https", "http"].iter().find_map(|scheme| {
            let start = at.checked_sub(scheme.len())?;
            let alone = !text[..start].ends_with(|char: char| char.is_ascii_alphanumeric());
            (text.get(start..at)? == *scheme && alone).then_some(start)
        });
        let Some(start) = start else { continue };
        let ends = |char: char| !char.is_ascii_graphic() || matches!(char, '<' | '>' | '"' | '`');
        let end = text[from..].find(ends).map_or(text.len(), |end| from + end);
        let trimmed = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*']);
        if trimmed.len() > from {
            return Some(start..trimmed.len());
        }
    }
    None
}

/// Text within HTML, in an attribute or not.
pub(super) fn escape(out: &mut String, text: &str) {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let instead = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        out.push_str(instead);
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markdown: &str, expect: &str) {
        assert_eq!(html(markdown).unwrap_or_default().trim_end(), expect);
    }

    #[test]
    fn what_people_write() {
        check("One row a customer", "<p>One row a customer</p>");
        check("a **b** *c* `d<e`", "<p>a <strong>b</strong> <em>c</em> <code>d&lt;e</code></p>");
        check("# T\n- a\n- b", "<h3>T</h3>\n<ul><li>a</li>\n<li>b</li>\n</ul>");
        check(
            "|a|b|\n|-|-:|\n|1|2|",
            "<table>\n<thead><tr><th>a</th><th class=\"right\">b</th></tr></thead>\n<tbody>\n\
             <tr><td>1</td><td class=\"right\">2</td></tr>\n</tbody></table>",
        );
        check("```sql\nselect 1\n```", "<pre class=\"sql\"><code>select 1\n</code></pre>");
        check("1=退会・休会, 2=宛先が無効", "<p>1=退会・休会, 2=宛先が無効</p>");
        check("", "");
    }

    #[test]
    fn links_lead_to_the_web_to_mail_and_within_the_page() {
        let out = "rel=\"noopener noreferrer nofollow\" target=\"_blank\"";
        check(
            "[a](https://x.y/?a=1&b=2)",
            &format!("<p><a href=\"https://x.y/?a=1&amp;b=2\" {out}>a</a></p>"),
        );
        check(
            "see https://x.y/z.",
            &format!("<p>see <a href=\"https://x.y/z\" {out}>https://x.y/z</a>.</p>"),
        );
        check("<a@b.c>", &format!("<p><a href=\"mailto:a@b.c\" {out}>a@b.c</a></p>"));
        check("[a](#part/x)", "<p><a href=\"#part/x\">a</a></p>");
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//x.y",
            "/etc",
            "file:///x",
        ] {
            check(&format!("[a]({bad})"), "<p>a</p>");
        }
        check("[a](<java\tscript:alert(1)>)", "<p>a</p>");
        check("[a](&#106;avascript:alert(1))", "<p>a</p>");
    }

    #[test]
    fn raw_html_is_text_and_images_are_links() {
        check("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        check("a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>");
        check("![a\" onload=\"x](x.png)", "<p>a&quot; onload=&quot;x</p>");
        assert!(
            html("![a](https://x.y/z.png)").expect("some").starts_with("<p><a href=\"https://x.y/z.png\"")
        );
        check(
            "[a](https://x.y/\"onclick=\"alert)",
            "<p><a href=\"https://x.y/&quot;onclick=&quot;alert\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">a</a></p>",
        );
    }

    #[test]
    fn long_and_deep_texts_are_bounded() {
        let long = html(&"部品 ".repeat(400_000)).expect("some");
        assert!(long.len() < 2 * MOST && long.contains('…'));
        assert!(html(&"[".repeat(100_000)).is_some());
        assert!(html(&"> ".repeat(50_000)).is_some());
        assert!(html(&"*a_ ".repeat(50_000)).is_some());
    }
}

//! Text in XML 1.0, which has no escape for some characters: those are replaced.

use std::borrow::Cow;
use std::fmt;

use quick_xml::escape::escape;

/// A text between tags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

/// A text between the quotes of an attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape(legal(self.0)))
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = escape(legal(self.0));
        // As they are, readers take them for spaces.
        if escaped.contains(['\n', '\t']) {
            return formatter.write_str(&escaped.replace('\n', "&#10;").replace('\t', "&#9;"));
        }
        formatter.write_str(&escaped)
    }
}

/// `text` with a replacement character for each that XML 1.0 forbids, escaped or not.
fn legal(text: &str) -> Cow<'_, str> {
    let forbidden = |letter: char| matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { Cow::Owned(text.replace(forbidden, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a\u{0}b\u{1b}[31m\u{fffe}", "a\u{fffd}b\u{fffd}[31m\u{fffd}")]
    #[case("</script>]]>&\"'", "&lt;/script&gt;]]&gt;&amp;&quot;&apos;")]
    #[case("\u{202e}gnp.exe 🙂", "\u{202e}gnp.exe 🙂")]
    fn texts(#[case] text: &str, #[case] written: &str) {
        assert_eq!(Text(text).to_string(), written);
        assert_eq!(Attribute(text).to_string(), written);
    }

    #[test]
    fn lines_stay_lines_in_attributes() {
        assert_eq!(Attribute("a\n\tb\r").to_string(), "a&#10;&#9;b&#13;");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(text in ".*|[\\x00-\\x20<&\"']*") {
            let file = format!("<e a=\"{}\">{}</e>", Attribute(&text), Text(&text));
            let mut reader = Reader::from_str(&file);
            let Event::Start(start) = reader.read_event().unwrap() else { panic!("no element") };
            let value = start.attributes().next().unwrap().unwrap();
            let raw = value.value;
            prop_assert_eq!(quick_xml::escape::unescape(&raw).unwrap(), legal(&text));
            prop_assert!(!raw.contains(['<', '"', '\n', '\t', '\r']));
            let (mut between, mut ended) = (String::new(), false);
            while !ended {
                match reader.read_event().unwrap() {
                    Event::Text(text) => between.push_str(&text),
                    Event::GeneralRef(name) => {
                        let reference = format!("&{};", &*name);
                        between.push_str(&quick_xml::escape::unescape(&reference).unwrap());
                    }
                    Event::End(_) => ended = true,
                    other => panic!("{other:?}"),
                }
            }
            prop_assert_eq!(between, legal(&text));
        }
    }
}

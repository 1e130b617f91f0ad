//! The form of Slack's incoming webhooks, which others take too: `text` for notifications, `blocks` for the message.

use serde::Serialize;

use crate::notify::digest::Digest;
use crate::notify::text::{Paragraph, headline, paragraphs, plain};

/// Slack takes at most 3,000 characters in a block's text; some are left for what is cut.
const MOST_BLOCK: usize = 2_900;
/// Slack cuts a message's text beyond some 40,000 characters, and asks for 4,000.
const MOST_TEXT: usize = 3_900;

#[derive(Debug, Serialize)]
pub(super) struct Message {
    text: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Block {
    Header { text: Text },
    Section { text: Text },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Text {
    PlainText {
        text: String,
        emoji: bool,
    },
    /// `verbatim`: Slack makes neither links nor mentions of what looks like them.
    Mrkdwn {
        text: String,
        verbatim: bool,
    },
}

/// The digest as a message.
pub(super) fn message(digest: &Digest) -> Message {
    let header = Block::Header { text: Text::PlainText { text: escaped(&headline(digest)), emoji: false } };
    let sections = paragraphs(digest).into_iter().map(|Paragraph { title, lines }| {
        let mut text = title.map(|title| format!("*{title}*\n")).unwrap_or_default();
        let left = MOST_BLOCK - text.chars().count();
        text.push_str(&shortened(lines.iter().map(|line| escaped(line)), left));
        Block::Section { text: Text::Mrkdwn { text, verbatim: true } }
    });
    Message {
        text: shortened(plain(digest).lines().map(escaped), MOST_TEXT),
        blocks: std::iter::once(header).chain(sections).collect(),
    }
}

/// As many whole lines as there is place for: an entity that is cut would be shown as something else.
fn shortened(lines: impl Iterator<Item = String>, most: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for line in lines {
        used += line.chars().count() + 1;
        if used > most {
            text.push('…');
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

/// As Slack wants text of others: `<!here>` and links are written with what is escaped here.
fn escaped(text: &str) -> String {
    unmentioned(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// A word joiner keeps `@channel` from being a mention for those who take mentions in that form.
fn unmentioned(text: &str) -> String {
    text.replace('@', "@\u{2060}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::digest::tests as digests;

    #[test]
    fn a_message() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&message(&digests::changed())).unwrap());
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_a_link() {
        let message = serde_json::to_string(&message(&digests::hostile())).unwrap();
        for forbidden in ["<!", "<@", "<http", "@channel", "@here", "<b>"] {
            assert!(!message.contains(forbidden), "{forbidden}: {message}");
        }
        assert!(message.contains("&lt;!here&gt;"), "{message}");
    }

    #[test]
    fn a_message_keeps_to_the_limits_of_slack() {
        for digest in digests::all() {
            let message = message(&digest);
            assert!(message.text.chars().count() <= 4_000);
            assert!(message.blocks.len() <= 50);
            for block in &message.blocks {
                let (text, most) = match block {
                    Block::Header { text: Text::PlainText { text, .. } } => (text, 150),
                    Block::Section { text: Text::Mrkdwn { text, .. } } => (text, 3_000),
                    other => panic!("{other:?}"),
                };
                assert!((1..=most).contains(&text.chars().count()), "{text}");
            }
        }
    }
}

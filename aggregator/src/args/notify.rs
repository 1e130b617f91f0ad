//! Flags for those who are told of a run.

use clap::Args;

use crate::notify::{NotifyOn, Target, TargetParser};

const HEADING: &str = "Notifications";

/// The flags that say who is told, and when.
#[derive(Debug, Clone, Default, Args)]
pub struct NotifyArgs {
    /// Who is told of the run: sns:ARN, webhook:URL (Slack's addresses get Slack's form), or slack:URL for others that take
    /// that form; repeat it, or separate several with spaces. A webhook's URL is a secret: better in the environment than on
    /// the command line
    // clap's own help would show what is in the environment.
    #[arg(long, help_heading = HEADING, value_name = "TARGET", env = "ECR_ENCRYPTION_NOTIFY", hide_env_values = true)]
    #[arg(value_delimiter = ' ', value_parser = TargetParser)]
    pub notify: Vec<Target>,

    /// When they are told
    #[arg(long, help_heading = HEADING, value_name = "WHEN", value_enum, default_value_t)]
    #[arg(env = "ECR_ENCRYPTION_NOTIFY_ON", hide_env = true)]
    pub notify_on: NotifyOn,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        notify: NotifyArgs,
    }

    #[test]
    fn several_can_be_told() {
        let slack = "webhook:https://hooks.slack.com/services/a";
        let both = format!("sns:arn:aws:sns:eu-central-1:111122223333:ecr {slack}");
        let parsed =
            Command::try_parse_from(["x", "--notify", &both, "--notify", slack, "--notify-on", "change"]).unwrap();
        let shown: Vec<_> = parsed.notify.notify.iter().map(ToString::to_string).collect();
        let slack = "slack:https://hooks.slack.com/…";
        assert_eq!(shown, ["sns:arn:aws:sns:eu-central-1:111122223333:ecr", slack, slack]);
        assert_eq!(parsed.notify.notify_on, NotifyOn::Change);
    }

    #[test]
    fn a_mistyped_address_is_not_repeated() {
        let error = Command::try_parse_from(["x", "--notify", "webhook:http://example.com/SECRET"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let text = error.to_string();
        assert!(text.starts_with("error: invalid value for '--notify <TARGET>': it is an http address"), "{text}");
        assert!(!text.contains("SECRET") && !text.contains("example.com"), "{text}");
    }
}

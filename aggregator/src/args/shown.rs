//! The flags that say what is shown of a run.

use clap::{ArgAction, Args, ValueEnum};

use crate::progress::Shown;

/// What is shown.
#[derive(Debug, Clone, Copy, Args)]
pub struct ShownArgs {
    /// How to show progress on standard error; `auto` is a bar on a terminal, else a line every half minute
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Shown::Auto, hide_possible_values = false)]
    pub progress: Shown,

    /// Show no progress: `--progress none`
    #[arg(long, conflicts_with = "progress")]
    pub no_progress: bool,

    /// Tell more on standard error; twice for the SDK's doings too
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// What to print on standard output at the end
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub summary: SummaryForm,

    /// Print no summary and no progress
    #[arg(short, long, conflicts_with_all = ["verbose", "summary"])]
    pub quiet: bool,
}

/// What is printed in the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// A summary for people
    #[default]
    Text,
    /// One JSON document; that of a scan is what summary.json holds
    Json,
    /// Nothing
    None,
}

impl ShownArgs {
    /// What is printed on standard output in the end.
    pub fn form(self) -> SummaryForm {
        if self.quiet { SummaryForm::None } else { self.summary }
    }
}

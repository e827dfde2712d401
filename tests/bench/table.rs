//! The table of ratios, in Markdown, so that it can stand in the README as it is printed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// What one measurement may be.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    /// At most so many times the yardstick.
    Ratio(f64),
    /// At most so much above the yardstick, in its unit.
    Above(f64),
    /// Nobody set one; the row is there to be looked at.
    None,
}

/// One measurement beside its yardstick.
pub struct Row {
    pub what: String,
    pub took: f64,
    /// The yardstick.
    pub beside: String,
    pub least: f64,
    pub unit: &'static str,
    pub bar: Bar,
}

impl Row {
    /// Of times, in milliseconds.
    pub fn of_times(what: &str, took: Vec<Duration>, beside: &str, least: Vec<Duration>, bar: Bar) -> Self {
        let milliseconds =
            |times: Vec<Duration>| median(times.iter().map(|time| time.as_secs_f64() * 1000.0).collect());
        Self {
            what: what.to_owned(),
            took: milliseconds(took),
            beside: beside.to_owned(),
            least: milliseconds(least),
            unit: "ms",
            bar,
        }
    }

    fn line(&self) -> String {
        let ratio = self.took / self.least.max(1e-9);
        let (bar, holds) = match self.bar {
            Bar::Ratio(most) => (format!("≤ {most}"), ratio <= most),
            Bar::Above(most) => (format!("≤ {} {} above", most, self.unit), self.took - self.least <= most),
            Bar::None => ("—".to_owned(), true),
        };
        let missed = if holds { "" } else { " **missed**" };
        let Self { what, beside, unit, .. } = self;
        format!(
            "| {what} | {} {unit} | {beside} | {} {unit} | {ratio:.2} | {bar}{missed} |",
            shown(self.took),
            shown(self.least)
        )
    }
}

/// All rows.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from("| measured | | beside | | ratio | bar |\n|---|---:|---|---:|---:|---|\n");
    for row in rows {
        let _ = writeln!(text, "{}", row.line());
    }
    text
}

/// Where and under what load it was measured.
pub fn circumstances(before: Option<f64>, after: Option<f64>) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let system = std::env::consts::OS;
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let mut words = format!("Measured on {date}, {system}, {cores} processor cores");
    if let (Some(before), Some(after)) = (before, after) {
        let _ = write!(words, "; load {before:.1} at the start and {after:.1} at the end");
        if before > cores as f64 {
            words.push_str(" (other programs wanted more than all of it)");
        }
    }
    words.push_str(". Medians; subject and yardstick took turns.");
    words
}

/// The times of two pieces of work that take turns, after one turn that does not count.
pub fn in_turns<E>(
    turns: usize,
    mut subject: impl FnMut() -> Result<Duration, E>,
    mut yardstick: impl FnMut() -> Result<Duration, E>,
) -> Result<(Vec<Duration>, Vec<Duration>), E> {
    yardstick()?;
    subject()?;
    let (mut took, mut least) = (Vec::new(), Vec::new());
    for turn in 0..turns {
        // Neither always comes second.
        if turn % 2 == 0 {
            least.push(yardstick()?);
            took.push(subject()?);
        } else {
            took.push(subject()?);
            least.push(yardstick()?);
        }
    }
    Ok((took, least))
}

/// How long something takes.
pub fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let began = Instant::now();
    std::hint::black_box(work()?);
    Ok(began.elapsed())
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

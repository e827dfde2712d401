//! `checks`: the catalogue.

use mcp_auth_diagnosis::check::{Category, Check, Owner, Requirement, Stage};
use mcp_auth_diagnosis::{checks, words};
use serde::Serialize;

use crate::Exit;
use crate::paper::{Ink, Paper, print_json};

/// `checks`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    code: &'static str,
    title: String,
    category: Category,
    stage: Stage,
    owner: Owner,
    requirement: Requirement,
    reference: &'static str,
    variants: &'static [&'static str],
}

impl Line {
    fn of(check: &'static Check) -> Self {
        Self {
            code: check.code,
            title: words::read(check.words).title.to_owned(),
            category: check.category,
            stage: check.stage,
            owner: check.owner,
            requirement: check.requirement,
            reference: check.reference,
            variants: check.variants,
        }
    }
}

/// Lists every check.
pub fn carry_out(arguments: &Arguments) -> Exit {
    let lines: Vec<Line> = checks::ALL.iter().map(|check| Line::of(check)).collect();
    if arguments.json {
        print_json(&lines);
        return Exit::Healthy;
    }
    let mut paper = Paper::new();
    let mut stage = None;
    for line in &lines {
        if stage != Some(line.stage) {
            stage = Some(line.stage);
            paper.gap().line(Ink::Bold, &name(&line.stage));
        }
        paper.plain(&format!("  {:32} {}", line.code, line.title));
        let about = format!("{}, {}, {}", name(&line.category), name(&line.owner), name(&line.requirement));
        paper.line(Ink::Dim, &format!("  {:32} {about}; {}", "", line.reference));
    }
    paper.gap().plain(&format!("{} checks", lines.len())).print();
    Exit::Healthy
}

/// The name that the JSON uses.
pub fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

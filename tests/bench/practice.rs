//! Practice servers in a process of their own, so that their work is not taken for the diagnosis's.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

use mcp_auth_practice::{Options, Practice};
use url::Url;

use crate::Fault;

/// Asks a new process of this program to be servers with these latencies, in milliseconds.
pub const SERVE: &str = "--serve";

/// The process; it ends when this is dropped.
pub struct Servers {
    child: Child,
    /// Closed, it tells the process to end.
    stdin: Option<ChildStdin>,
    pub urls: Vec<Url>,
}

impl Servers {
    /// One server for each latency.
    pub fn start(latencies: &[u64]) -> Result<Self, Fault> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .args(latencies.iter().map(u64::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or("no output of the practice servers")?;
        // From here on its end is seen to.
        let mut servers = Self { child, stdin, urls: Vec::new() };
        for line in BufReader::new(stdout).lines().take(latencies.len()) {
            servers.urls.push(line?.parse()?);
        }
        if servers.urls.len() < latencies.len() {
            return Err("the practice servers did not start".into());
        }
        Ok(servers)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// The other process: serves until its standard input ends.
pub fn serve(latencies: &[String]) -> ExitCode {
    let run = || -> Result<(), Fault> {
        let runtime = tokio::runtime::Runtime::new()?;
        let mut servers = Vec::new();
        for latency in latencies {
            let latency = Duration::from_millis(latency.parse()?);
            let practice = runtime.block_on(Practice::start(Options { latency, ..Options::default() }))?;
            println!("{}", practice.mcp_url());
            servers.push(practice);
        }
        io::stdout().flush()?;
        io::stdin().read_to_end(&mut Vec::new())?;
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

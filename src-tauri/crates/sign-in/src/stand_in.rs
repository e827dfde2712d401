//! A stand-in for a browser, for a sign-in page that lets everybody in: it follows redirects and shows nothing.

use std::sync::Arc;

use mcp_auth_probes::{Call, ProbeConfig, Web};
use url::Url;

use crate::flow::{Opener, fields};

/// More redirects than a browser follows.
const MOST: usize = 20;

/// Follows redirects from the sign-in page to where they end, in the background. For the practice server, whose sign-in page asks
/// nobody anything.
pub fn stand_in(server: Url, config: &ProbeConfig) -> Opener {
    let web = Arc::new(Web::new(server, config));
    Arc::new(move |url| {
        let (web, mut next) = (web.clone(), url.clone());
        tokio::spawn(async move {
            for _ in 0..MOST {
                let headers = fields(&[("accept", "text/html,*/*;q=0.8")]);
                let answer = web.send(Call { method: "GET", url: next.clone(), headers, body: None }).await;
                // What came of it shows where the browser was sent.
                let Some(to) = answer.ok().and_then(|answer| answer.redirect(&next)) else { return };
                next = to;
            }
        });
        Ok(())
    })
}

//! `mcp-auth-check`. 
fn main() {}

//! This computer's own address: may a program listen there, where does `localhost` lead, who holds a port.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use mcp_auth_diagnosis::browser::{LoopbackReading, ReturnPort, ReturnPortHolder, ReturnPortState, SystemKind};

use super::system::System;

/// Tries the loopback and reads what redirects it.
pub fn read(system: &System) -> LoopbackReading {
    let (hosts, shown) = match system.kind {
        SystemKind::Windows => {
            let windows = system.variable("SystemRoot").unwrap_or(r"C:\Windows").to_owned();
            let path = format!(r"{windows}\System32\drivers\etc\hosts");
            (system.file(&path), path)
        }
        _ => (system.file("/etc/hosts"), "/etc/hosts".to_owned()),
    };
    LoopbackReading {
        ipv4: may_listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        ipv6: may_listen(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))),
        localhost: ("localhost", 0)
            .to_socket_addrs()
            .map(|found| {
                let mut addresses: Vec<String> = Vec::new();
                for address in found.map(|address| address.ip().to_string()) {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
                addresses
            })
            .unwrap_or_default(),
        overrides: system.text(&hosts).map(|text| overrides(&text, &shown)).unwrap_or_default(),
        proxied_by: proxied_by(system),
    }
}

fn may_listen(address: SocketAddr) -> Option<bool> {
    Some(TcpListener::bind(address).is_ok())
}

/// Lines of a hosts file that lead `localhost` elsewhere.
fn overrides(text: &str, shown: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter_map(|(at, line)| {
        let entry = line.split('#').next().unwrap_or_default();
        let mut words = entry.split_whitespace();
        let address: std::net::IpAddr = words.next()?.parse().ok()?;
        let names_it = words.any(|name| name.eq_ignore_ascii_case("localhost"));
        (names_it && !address.is_loopback()).then(|| format!("{shown}:{}: {}", at + 1, entry.trim()))
    });
    lines.collect()
}

/// The variable that sends clients to a proxy, unless this computer is excepted.
fn proxied_by(system: &System) -> Option<String> {
    let excepted = ["NO_PROXY", "no_proxy"].into_iter().filter_map(|name| system.variable(name)).any(|list| {
        list.split(',')
            .map(str::trim)
            .any(|entry| matches!(entry, "*" | "localhost" | "127.0.0.1" | "127.0.0.0/8" | "127.0.0.1/8"))
    });
    let names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    names.into_iter().find(|name| system.variable(name).is_some() && !excepted).map(str::to_owned)
}

/// Looks at a port on both halves of `localhost`, and who holds it.
pub fn port(port: u16, system: &System) -> ReturnPort {
    let ipv4 = state(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let ipv6 = state(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
    let taken = ipv4 == ReturnPortState::Taken || ipv6 == ReturnPortState::Taken;
    ReturnPort { port, ipv4, ipv6, holder: if taken { Some(holder(port, system)) } else { None } }
}

fn state(address: SocketAddr) -> ReturnPortState {
    const PATIENCE: Duration = Duration::from_millis(200);
    // Windows lets a second program listen on one address where the first listens on all: whether somebody answers is asked
    // before this program listens itself.
    if cfg!(windows) && TcpStream::connect_timeout(&address, PATIENCE).is_ok() {
        return ReturnPortState::Taken;
    }
    match TcpListener::bind(address) {
        Ok(_) => ReturnPortState::Free,
        Err(error) => match error.kind() {
            ErrorKind::AddrInUse => ReturnPortState::Taken,
            ErrorKind::PermissionDenied => ReturnPortState::Forbidden,
            _ => ReturnPortState::Unknown,
        },
    }
}

fn holder(port: u16, system: &System) -> ReturnPortHolder {
    let mut holder = if system.kind == SystemKind::Linux { by_proc(port, system) } else { None }.unwrap_or_default();
    holder.mcp_remote = is_mcp_remote(port).unwrap_or(false);
    holder
}

/// mcp-remote says itself that it is it (0.2.2 and newer).
fn is_mcp_remote(port: u16) -> std::io::Result<bool> {
    const PATIENCE: Duration = Duration::from_millis(300);
    const MOST: u64 = 4_096;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /.mcp-remote/id HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // A server that keeps the line open has said enough by then.
    let _ = stream.take(MOST).read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.split("\r\n\r\n").nth(1).is_some_and(|body| body.contains("\"mcpRemote\":true")))
}

/// The process that listens, by the kernel's lists. Only processes of this user can be told.
fn by_proc(port: u16, system: &System) -> Option<ReturnPortHolder> {
    let proc = system.file("/proc");
    let sockets: Vec<String> = ["net/tcp", "net/tcp6"]
        .iter()
        .filter_map(|list| system.text(&proc.join(list)))
        .flat_map(|text| listening(&text, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir(&proc).ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    for process in processes {
        let folder = proc.join(process.to_string());
        let Ok(handles) = std::fs::read_dir(folder.join("fd")) else { continue };
        let holds = handles.flatten().any(|handle| {
            std::fs::read_link(handle.path())
                .is_ok_and(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
        });
        if holds {
            let name = system.text(&folder.join("comm")).map(|name| name.trim().to_owned());
            return Some(ReturnPortHolder { pid: Some(process), name, mcp_remote: false });
        }
    }
    Some(ReturnPortHolder::default())
}

/// The sockets that listen on a port, in `/proc/net/tcp` or `tcp6`.
fn listening(text: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    let lines = text.lines().skip(1).filter_map(|line| {
        let mut words = line.split_whitespace();
        let local = words.nth(1)?;
        let state = words.nth(1)?;
        let inode = words.nth(5)?;
        let own = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
        (own == port && state == LISTEN).then(|| inode.parse().ok()).flatten()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::laid_out;
    use super::*;
    use std::path::Path;

    #[test]
    fn a_hosts_file_that_leads_localhost_elsewhere() {
        let text = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n203.0.113.9  localhost # mine\n10.0.0.1 other\n";
        assert_eq!(overrides(text, "/etc/hosts"), ["/etc/hosts:3: 203.0.113.9  localhost"]);
    }

    #[test]
    fn a_proxy_counts_unless_this_computer_is_excepted() {
        let mut system = laid_out(SystemKind::Linux, Path::new("/nowhere"));
        assert_eq!(proxied_by(&system), None);
        system.variables.insert("HTTP_PROXY".to_owned(), "http://proxy:3128".to_owned());
        assert_eq!(proxied_by(&system).as_deref(), Some("HTTP_PROXY"));
        system.variables.insert("NO_PROXY".to_owned(), "intern.example, localhost".to_owned());
        assert_eq!(proxied_by(&system), None);
    }

    #[test]
    fn the_kernels_list_comes_apart() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                    0: 0100007F:8292 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0\n   \
                    1: 0100007F:8292 0100007F:1234 01 00000000:00000000 00:00000000 00000000  1000        0 4 1 0\n";
        assert_eq!(listening(text, 0x8292), [31337]);
        assert_eq!(listening(text, 80), [0_u64; 0]);
    }

    #[test]
    fn a_port_that_is_held_is_told_with_its_holder() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let number = held.local_addr().expect("an address").port();
        let system = System::this();
        let reading = port(number, &system);
        assert_eq!(reading.ipv4, ReturnPortState::Taken);
        if system.kind == SystemKind::Linux {
            let holder = reading.holder.expect("a holder");
            assert_eq!(holder.pid, Some(std::process::id()));
            assert!(!holder.mcp_remote);
        }
        drop(held);
        assert_eq!(port(number, &system).ipv4, ReturnPortState::Free);
    }

    #[test]
    fn mcp_remote_says_that_it_is_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let number = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a call");
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).expect("a request");
            let body = "{\"mcpRemote\":true,\"serverUrlHash\":\"x\"}";
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
                .expect("an answer");
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        assert!(is_mcp_remote(number).expect("an answer"));
        assert!(server.join().expect("a server").starts_with("GET /.mcp-remote/id "));
    }
}

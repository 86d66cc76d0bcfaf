//! A small server of files: `GET` and `HEAD` within one folder, nothing else.
//!
//! What it is asked is not trusted: lines are short or refused, a path is taken apart and put together from plain names,
//! and what a link leads to must stand in the folder, too. On this machine's own address only names of this machine are
//! answered, so that no page of the web can read the docs by a name that it lets point here.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::world::{Disk, World as _};

/// The longest request that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// Requests that are answered at the same time.
const MOST: usize = 64;
/// How long a request may take to arrive, and an answer to leave.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is served, and as what.
#[derive(Clone, Debug)]
pub(super) struct Server {
    folder: Utf8PathBuf,
    disk: Disk,
    /// What is shown to the user.
    pub(super) address: String,
    is_local: bool,
}

impl Server {
    /// A server of a folder that has a site.
    pub(super) fn of(folder: &Utf8Path) -> Option<Self> {
        let disk = Disk::new(folder.to_owned());
        let is_site = disk.exists(Utf8Path::new("index.html"));
        let folder = folder.canonicalize_utf8().ok().filter(|_| is_site)?;
        Some(Self { folder, disk, address: String::new(), is_local: true })
    }

    /// The same at an address; `is_local` if only this machine can reach it.
    pub(super) fn at(self, address: String, is_local: bool) -> Self {
        Self { address, is_local, ..self }
    }
}

/// Answers until the process ends.
pub(super) fn serve(listener: &TcpListener, server: &Server) {
    let busy = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if busy.fetch_add(1, Ordering::AcqRel) >= MOST {
            busy.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (server, busy) = (server.clone(), Arc::clone(&busy));
        std::thread::spawn(move || {
            // A browser that went away is nobody's error.
            drop(answer(&stream, &server));
            busy.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

fn answer(mut stream: &TcpStream, server: &Server) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|it| it == b"\r\n\r\n") && request.len() < LONGEST {
        match stream.read(&mut buffer)? {
            0 => break,
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    let response = respond(server, &request);
    stream.write_all(&response.head())?;
    if response.has_body {
        stream.write_all(&response.body)?;
    }
    stream.flush()
}

/// An answer, whole.
#[derive(Debug)]
struct Response {
    status: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    /// False for `HEAD`.
    has_body: bool,
}

impl Response {
    fn words(status: &'static str) -> Self {
        let body = format!("{status}\n").into_bytes();
        Self { status, kind: "text/plain; charset=utf-8", body, has_body: true }
    }

    fn head(&self) -> Vec<u8> {
        let allow = if self.status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
        format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{allow}Content-Security-Policy: {POLICY}\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
            self.status,
            self.kind,
            self.body.len(),
        )
        .into_bytes()
    }
}

/// The pages read nothing but this folder.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn respond(server: &Server, request: &[u8]) -> Response {
    let Some((method, target, host)) = parse(request) else { return Response::words("400 Bad Request") };
    if server.is_local && !is_this_machine(host.unwrap_or("localhost")) {
        return Response::words("421 Misdirected Request");
    }
    if !matches!(method, "GET" | "HEAD") {
        return Response::words("405 Method Not Allowed");
    }
    let found = relative(target).and_then(|path| read(server, &path).map(|body| (kind(&path), body)));
    let response = match found {
        Some((kind, body)) => Response { status: "200 OK", kind, body, has_body: true },
        None => Response::words("404 Not Found"),
    };
    Response { has_body: method == "GET", ..response }
}

/// Method, target and host of a request whose head is whole.
fn parse(request: &[u8]) -> Option<(&str, &str, Option<&str>)> {
    let end = request.windows(4).position(|it| it == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&request[..end]).ok()?.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") || !target.starts_with('/') {
        return None;
    }
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    });
    Some((method, target, host))
}

/// True for a name of this machine, with or without a port.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost")
}

/// The path below the folder that a target means; `None` if it has a name that no file of a site has.
fn relative(target: &str) -> Option<Utf8PathBuf> {
    let path = target.split(['?', '#']).next()?;
    let path = percent_decoded(path)?;
    let mut relative = Utf8PathBuf::new();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let is_plain =
            !name.starts_with('.') && !name.contains(['\\', ':', '\0']) && !name.contains(char::is_control);
        if !is_plain {
            return None;
        }
        relative.push(name);
    }
    if path.ends_with('/') {
        relative.push("index.html");
    }
    Some(relative)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A file's bytes, if it stands in the folder, wherever links lead.
fn read(server: &Server, path: &Utf8Path) -> Option<Vec<u8>> {
    let full = server.folder.join(path).canonicalize_utf8().ok()?;
    if !full.starts_with(&server.folder) {
        return None;
    }
    server.disk.read(&full).ok()
}

fn kind(path: &Utf8Path) -> &'static str {
    match path.extension().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "csv" => "text/csv; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::write_atomic;

    fn site() -> (tempfile::TempDir, Server) {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8").join("docs");
        for (path, text) in [
            ("index.html", "<p>"),
            ("data/home.js", "x"),
            ("data/部品.csv", "a"),
            ("../secret.txt", "s"),
            (".git", "g"),
        ] {
            write_atomic(&folder.join(path), text.as_bytes()).expect("written");
        }
        let server = Server::of(&folder).expect("there is a site");
        (scratch, server)
    }

    #[track_caller]
    fn check(request: &str, status: &str, body: Option<&str>) {
        let (_scratch, server) = site();
        let text = format!("{}\r\nHost: localhost:8080\r\n\r\n", request.replace('\n', "\r\n"));
        let response = respond(&server, text.as_bytes());
        assert!(response.status.starts_with(status), "{request}: {}", response.status);
        if let Some(body) = body {
            assert_eq!(String::from_utf8_lossy(&response.body), body);
        }
    }

    #[test]
    fn files_of_the_folder_are_given() {
        check("GET / HTTP/1.1", "200", Some("<p>"));
        check("GET /index.html?x=../.. HTTP/1.1", "200", Some("<p>"));
        check("GET /data/home.js HTTP/1.0", "200", Some("x"));
        check("GET /data/%E9%83%A8%E5%93%81.csv HTTP/1.1", "200", Some("a"));
        check("GET /data/none.js HTTP/1.1", "404", None);
        check("GET /data HTTP/1.1", "404", None);
    }

    #[test]
    fn nothing_outside_of_it_is() {
        for path in [
            "/../secret.txt",
            "/data/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/..\\secret.txt",
            "/data/%2E%2E%5Csecret.txt",
            "/.git",
            "/%00",
            "/%",
            "/%zz",
            "/C:/x",
            "//etc/passwd",
        ] {
            check(&format!("GET {path} HTTP/1.1"), "404", None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_nowhere_else() {
        let (_scratch, server) = site();
        std::os::unix::fs::symlink(server.folder.join("../secret.txt"), server.folder.join("link.txt"))
            .expect("a link");
        assert_eq!(read(&server, Utf8Path::new("link.txt")), None);
    }

    #[test]
    fn only_reading_is_answered_and_only_to_this_machine() {
        check("POST / HTTP/1.1", "405", None);
        check("GET http://x/ HTTP/1.1", "400", None);
        check("GET / HTTP/2", "400", None);
        check("nonsense", "400", None);
        let (_scratch, server) = site();
        let ask = |host: &str| {
            respond(&server, format!("GET / HTTP/1.1\r\nhOst: {host}\r\n\r\n").as_bytes()).status
        };
        assert_eq!(ask("evil.example:8080"), "421 Misdirected Request");
        assert_eq!(ask("[::1]:8080"), "200 OK");
        assert_eq!(ask("127.0.0.1"), "200 OK");
        let open = server.at("http://0.0.0.0/".to_owned(), false);
        assert_eq!(respond(&open, b"GET / HTTP/1.1\r\nHost: docs.example\r\n\r\n").status, "200 OK");
    }

    #[test]
    fn a_head_tells_what_a_body_is() {
        let (_scratch, server) = site();
        let response = respond(&server, b"HEAD /index.html HTTP/1.1\r\n\r\n");
        let head = String::from_utf8(response.head()).expect("text");
        assert!(!response.has_body);
        for line in [
            "Content-Type: text/html; charset=utf-8",
            "Content-Length: 3",
            "X-Content-Type-Options: nosniff",
            "default-src 'none'",
        ] {
            assert!(head.contains(line), "{head}");
        }
    }

    #[test]
    fn a_request_without_end_is_refused() {
        let (_scratch, server) = site();
        let long = format!("GET /{} HTTP/1.1", "a".repeat(LONGEST));
        assert!(respond(&server, long.as_bytes()).status.starts_with("400"));
    }
}

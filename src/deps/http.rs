//! Fetching over HTTP: the only file that knows the library for it.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use crate::world::World;

/// How often something is tried that may work the next time, and how long is waited before.
const WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(300), Duration::from_secs(1)];

/// Fetches what is at an address.
pub(super) struct Web<'w> {
    world: &'w dyn World,
    agent: ureq::Agent,
}

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WebError {
    /// The server has nothing there: 404 or 410.
    Missing(u16),
    /// The server wants other credentials: 401, 403 or 407.
    Refused(u16),
    /// Anything else, in words.
    Failed(String),
}

impl<'w> Web<'w> {
    /// Proxies and certificates are those of the environment.
    pub(super) fn new(world: &'w dyn World) -> Self {
        let certificates = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
            .iter()
            .find_map(|name| world.env(name).filter(|path| !path.is_empty()))
            .and_then(|path| world.read(Utf8Path::new(&path)).ok())
            .map(|pem| certificates(&pem))
            .filter(|certificates| !certificates.is_empty());
        let roots = certificates.map_or(RootCerts::WebPki, |list| RootCerts::Specific(Arc::new(list)));
        let config = ureq::Agent::config_builder()
            .user_agent(concat!("buhin/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_resolve(Some(Duration::from_secs(10)))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(30)))
            .timeout_recv_body(Some(Duration::from_secs(300)))
            .build();
        Self { world, agent: config.into() }
    }

    /// The bytes at an address, at most `limit` of them; tried again when the network or the server fails, or
    /// when `check` says that what came is not whole.
    pub(super) fn get<T>(
        &self,
        url: &str,
        limit: u64,
        check: impl Fn(Vec<u8>) -> Result<T, WebError>,
    ) -> Result<T, WebError> {
        let mut last = WebError::Failed("nothing was tried".to_owned());
        for wait in WAITS {
            std::thread::sleep(wait);
            match self.once(url, limit).and_then(&check) {
                Err(error @ WebError::Failed(_)) => last = error,
                other => return other,
            }
        }
        Err(last)
    }

    fn once(&self, url: &str, limit: u64) -> Result<Vec<u8>, WebError> {
        let (address, credentials) = split_credentials(url);
        let proxy = match self.proxy(&address) {
            None => None,
            Some(proxy) => Some(ureq::Proxy::new(&proxy).map_err(|_| {
                WebError::Failed("the proxy that the environment names can't be understood".to_owned())
            })?),
        };
        let mut request = self.agent.get(&address).config().proxy(proxy).build();
        if let Some(credentials) = credentials {
            request = request.header("Authorization", format!("Basic {}", base64(credentials.as_bytes())));
        }
        let response = request.call().map_err(|error| WebError::Failed(words(&error)))?;
        match response.status().as_u16() {
            200..=299 => {}
            status @ (404 | 410) => return Err(WebError::Missing(status)),
            status @ (401 | 403 | 407) => return Err(WebError::Refused(status)),
            status => return Err(WebError::Failed(format!("HTTP status {status}"))),
        }
        let mut body = response.into_body();
        let expected = body.content_length();
        let mut bytes = Vec::new();
        let read = body.as_reader().take(limit + 1).read_to_end(&mut bytes);
        if let Err(error) = read {
            return Err(WebError::Failed(format!(
                "the connection ended after {} bytes: {error}",
                bytes.len()
            )));
        }
        if bytes.len() as u64 > limit {
            return Err(WebError::Failed(format!("it has more than {} MiB", limit >> 20)));
        }
        if expected.is_some_and(|expected| expected != bytes.len() as u64) {
            return Err(WebError::Failed(format!("the connection ended after {} bytes", bytes.len())));
        }
        Ok(bytes)
    }

    /// The proxy for an address: `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, unless `NO_PROXY` has the host.
    fn proxy(&self, url: &str) -> Option<String> {
        let env = |name: &str| {
            let value = self.world.env(&name.to_ascii_lowercase()).or_else(|| self.world.env(name));
            value.filter(|value| !value.trim().is_empty())
        };
        let name = if url.starts_with("https:") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
        let proxy = env(name).or_else(|| env("ALL_PROXY"))?;
        let host = host(url);
        let host = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        let direct = env("NO_PROXY").is_some_and(|list| {
            list.split(',').map(str::trim).any(|entry| {
                let entry = entry.trim_start_matches('*').trim_start_matches('.');
                entry.is_empty() && list.contains('*') || names_host(entry, host)
            })
        });
        (!direct).then_some(proxy)
    }
}

/// `example.jp` names `example.jp` and all hosts below it.
fn names_host(entry: &str, host: &str) -> bool {
    !entry.is_empty() && (host == entry || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.')))
}

/// The host, and the port if there is one, of an address; for messages.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

/// The address without `user:password@`, and that, with `%`-escapes taken away.
fn split_credentials(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        None => (url.to_owned(), None),
        Some((credentials, host)) => {
            let mut credentials = unescape(credentials);
            if !credentials.contains(':') {
                credentials.push(':');
            }
            (format!("{scheme}://{host}{}", &rest[end..]), Some(credentials))
        }
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = std::str::from_utf8(after.get(..2).unwrap_or_default());
        match (first, digits.ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            out.push(if digit > chunk.len() { '=' } else { char::from(DIGITS[value as usize]) });
        }
    }
    out
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let items = ureq::tls::parse_pem(pem).filter_map(Result::ok);
    items.filter_map(|item| if let PemItem::Certificate(found) = item { Some(found) } else { None }).collect()
}

/// An error in words, without the address, which may hold a token.
fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            "the address can't be understood; it should begin with `https://`".to_owned()
        }
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "the host is not found".to_owned(),
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::TooManyRedirects => "it is redirected in circles".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[test]
    fn hosts_and_credentials() {
        assert_eq!(host("https://me:pw@hub.jp:8080/a?b"), "hub.jp:8080");
        assert_eq!(host("http://hub.jp"), "hub.jp");
        let (url, credentials) = split_credentials("https://tok%40en@h.jp/a@b");
        assert_eq!((url.as_str(), credentials.as_deref()), ("https://h.jp/a@b", Some("tok@en:")));
        assert_eq!(split_credentials("https://h.jp/a@b").1, None);
        for (text, expected) in [("a:b", "YTpi"), ("ab:", "YWI6"), ("a:", "YTo="), ("abc:", "YWJjOg==")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn proxies_are_those_of_the_environment() {
        let world = Memory::default()
            .with_env("HTTPS_PROXY", "http://secure:1")
            .with_env("http_proxy", "http://plain:2")
            .with_env("NO_PROXY", "localhost,.corp.jp, 127.0.0.1");
        let web = Web::new(&world);
        let proxy = |url: &str| web.proxy(url);
        assert_eq!(proxy("https://hub.getdbt.com/x").as_deref(), Some("http://secure:1"));
        assert_eq!(proxy("http://hub.getdbt.com/x").as_deref(), Some("http://plain:2"));
        for direct in
            ["https://git.corp.jp/x", "https://corp.jp", "http://localhost:80", "http://127.0.0.1:9/"]
        {
            assert_eq!(proxy(direct), None, "{direct}");
        }
        assert!(proxy("https://notcorp.jp/").is_some());
        let all = Memory::default().with_env("ALL_PROXY", "http://p:1").with_env("no_proxy", "*");
        assert_eq!(Web::new(&all).proxy("https://a.jp"), None);
    }
}

//! Hiding secrets in whatever is printed or written.

use crate::world::World;

/// dbt's prefix of variables that nobody should see.
const PREFIX: &str = "DBT_ENV_SECRET";

/// The values that must not be seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// The values of all `DBT_ENV_SECRET…` variables, long ones first, so that none hides within another.
    pub(super) fn of(world: &dyn World) -> Self {
        let mut values: Vec<String> = world
            .env_with_prefix(PREFIX)
            .into_iter()
            .map(|(_, value)| value)
            .filter(|value| !value.trim().is_empty())
            .collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values }
    }

    /// The text with five stars in place of each secret, as dbt scrubs its lock file.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "*****"))
    }

    /// The same, and what stands before the `@` of an address is hidden as well.
    pub(super) fn hide(&self, text: &str) -> String {
        let text = self.scrub(text);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find("://") {
            let (before, after) = rest.split_at(at + 3);
            out.push_str(before);
            let end = after.find(|char: char| char == '/' || char.is_whitespace() || "'\"".contains(char));
            let authority = &after[..end.unwrap_or(after.len())];
            match authority.rfind('@') {
                Some(sign) => {
                    out.push_str("*****");
                    rest = &after[sign..];
                }
                None => rest = after,
            }
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let world = Memory::default()
            .with_env("DBT_ENV_SECRET_TOKEN", "abc")
            .with_env("DBT_ENV_SECRET_LONG", "abcdef")
            .with_env("DBT_ENV_SECRET_EMPTY", "")
            .with_env("OTHER", "zzz");
        let secrets = Secrets::of(&world);
        assert_eq!(secrets.scrub("x abcdef abc zzz"), "x ***** ***** zzz");
        assert_eq!(
            secrets.hide("fatal: 'https://me:pw@host.jp/a.git' and http://t@h, git@github.com:a/b"),
            "fatal: 'https://*****@host.jp/a.git' and http://*****@h, git@github.com:a/b"
        );
    }
}

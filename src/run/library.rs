//! Finds DuckDB's shared library.
//!
//! In this order: `$BUHIN_DUCKDB_LIB`, beside the executable, the project's `.buhin/`, the user's cache folder
//! (where `scripts/get-duckdb` puts it), the system's library folders.

use camino::{Utf8Path, Utf8PathBuf};

use super::errors;
use crate::diagnostic::Diagnostic;
use crate::world::World;

/// The DuckDB version that `scripts/get-duckdb` fetches and that buhin is tested with.
pub const DUCKDB_VERSION: &str = "1.5.6";

/// The version where that one is not published for a system.
const OLDER_VERSION: &str = "1.5.5";

/// The library's path, or how to get it.
pub fn find(world: &dyn World) -> Result<Utf8PathBuf, Diagnostic> {
    if let Some(path) = world.env("BUHIN_DUCKDB_LIB").filter(|path| !path.is_empty()) {
        let path = Utf8PathBuf::from(path);
        let inside = path.join(file_name());
        return [inside, path.clone()]
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| errors::library_not_where_told(&path));
    }
    candidates(world).into_iter().find(|path| path.is_file()).ok_or_else(errors::no_library)
}

/// The folder with one folder for each version that `scripts/get-duckdb` has fetched.
pub fn cache_folder(world: &dyn World) -> Option<Utf8PathBuf> {
    let absolute = |name: &str| world.env(name).map(Utf8PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| {
        if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            Some(absolute("HOME")?.join("Library/Caches"))
        } else {
            Some(absolute("HOME")?.join(".cache"))
        }
    })?;
    Some(base.join("buhin/duckdb"))
}

/// The library's file name on this system.
pub(super) fn file_name() -> &'static str {
    if cfg!(windows) {
        "duckdb.dll"
    } else if cfg!(target_os = "macos") {
        "libduckdb.dylib"
    } else {
        "libduckdb.so"
    }
}

fn candidates(world: &dyn World) -> Vec<Utf8PathBuf> {
    let mut folders: Vec<Utf8PathBuf> = Vec::new();
    let executable = std::env::current_exe().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    if let Some(folder) = executable.as_deref().and_then(Utf8Path::parent) {
        folders.push(folder.to_owned());
        folders.push(folder.join("../lib"));
    }
    folders.push(world.root().join(".buhin"));
    if let Some(cache) = cache_folder(world) {
        folders.extend([DUCKDB_VERSION, OLDER_VERSION].map(|version| cache.join(version)));
    }
    let (variable, separator) = if cfg!(windows) {
        ("PATH", ';')
    } else if cfg!(target_os = "macos") {
        ("DYLD_LIBRARY_PATH", ':')
    } else {
        ("LD_LIBRARY_PATH", ':')
    };
    let listed = world.env(variable).unwrap_or_default();
    folders.extend(listed.split(separator).filter(|folder| !folder.is_empty()).map(Utf8PathBuf::from));
    let system: &[&str] = if cfg!(windows) {
        &[]
    } else if cfg!(target_os = "macos") {
        &["/usr/local/lib", "/opt/homebrew/lib"]
    } else {
        &[
            "/usr/local/lib",
            "/usr/lib",
            "/usr/lib64",
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
        ]
    };
    folders.extend(system.iter().map(Utf8PathBuf::from));
    folders.into_iter().map(|folder| folder.join(file_name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::world::Memory;

    #[test]
    fn a_variable_that_leads_nowhere_is_said_and_not_passed_over() {
        let world = Memory::default().with_env("BUHIN_DUCKDB_LIB", "/nowhere/libduckdb.so");
        let error = find(&world).expect_err("there is no such file");
        assert_eq!(error.code, Code::NO_DATABASE_LIBRARY);
        assert!(error.message.contains("/nowhere/libduckdb.so"), "{}", error.message);
    }

    #[test]
    fn the_cache_folder_follows_xdg() {
        let world = Memory::default().with_env("HOME", "/home/hana").with_env("XDG_CACHE_HOME", "/cache");
        assert_eq!(cache_folder(&world).unwrap(), "/cache/buhin/duckdb");
    }
}

//! Writing files so that a reader sees the old or the new text, never a half.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The file has new bytes.
    Changed,
    /// The file had these bytes already and was not touched.
    Unchanged,
}

/// Writes a file through a temporary one beside it; makes its folder.
pub fn write_atomic(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Like [`write_atomic`], but leaves a file alone that has these bytes already.
#[allow(clippy::disallowed_methods, reason = "this is the door")]
pub fn write_if_changed(path: &Utf8Path, bytes: &[u8]) -> io::Result<Written> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() == bytes.len() as u64)
        && std::fs::read(path).is_ok_and(|old| old == bytes)
    {
        return Ok(Written::Unchanged);
    }
    write_atomic(path, bytes)?;
    Ok(Written::Changed)
}

/// Removes the files below `folder` that are not in `keep` (absolute or like `folder`), and folders left empty.
pub fn remove_stale(folder: &Utf8Path, keep: &BTreeSet<Utf8PathBuf>) -> io::Result<()> {
    for entry in WalkDir::new(folder).contents_first(true).into_iter().filter_map(Result::ok) {
        let Some(path) = Utf8Path::from_path(entry.path()) else { continue };
        if entry.file_type().is_dir() {
            // Fails when the folder is not empty, which is as it should be.
            drop(std::fs::remove_dir(path));
        } else if !keep.contains(path) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

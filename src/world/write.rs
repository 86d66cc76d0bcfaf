//! Writing files so that a reader sees the old or the new text, never a half.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, Write as _};

use camino::Utf8Path;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashSet;
use walkdir::WalkDir;

use super::{Stamp, journal};

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
    if let Some(stamp) = replace(path, bytes)? {
        journal::wrote(path, stamp);
    }
    Ok(())
}

/// The same for a file that is no part of what a command answers for; gives its stamp if anybody wants it.
pub(super) fn replace(path: &Utf8Path, bytes: &[u8]) -> io::Result<Option<Stamp>> {
    let mut file = aside(path)?;
    file.write_all(bytes)?;
    // Before it can be seen: nobody else can have written to it.
    let stamp = stamp_of(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(stamp)
}

/// Like [`write_atomic`], but leaves a file alone that has these bytes already.
#[allow(clippy::disallowed_methods, reason = "this is the door")]
pub fn write_if_changed(path: &Utf8Path, bytes: &[u8]) -> io::Result<Written> {
    if let Ok(meta) = std::fs::metadata(path)
        && meta.len() == bytes.len() as u64
        && std::fs::read(path).is_ok_and(|old| old == bytes)
    {
        journal::wrote(path, Stamp::by_any_name(&meta));
        return Ok(Written::Unchanged);
    }
    write_atomic(path, bytes)?;
    Ok(Written::Changed)
}

/// Writes a large file piece by piece, through a temporary one beside it; leaves a file alone that has these bytes
/// already. Makes its folder.
#[allow(clippy::disallowed_methods, reason = "this is the door")]
pub fn write_stream(
    path: &Utf8Path,
    fill: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<Written> {
    let file = aside(path)?;
    let mut out = io::BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Ok(old) = std::fs::File::open(path)
        && let meta = old.metadata()?
        && meta.len() == file.as_file().metadata()?.len()
        && same_bytes(old, std::fs::File::open(file.path())?)?
    {
        journal::wrote(path, Stamp::by_any_name(&meta));
        return Ok(Written::Unchanged);
    }
    let stamp = stamp_of(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    if let Some(stamp) = stamp {
        journal::wrote(path, stamp);
    }
    Ok(Written::Changed)
}

/// A file's stamp, if anybody wants it.
fn stamp_of(file: &std::fs::File) -> io::Result<Option<Stamp>> {
    if journal::is_kept() { file.metadata().map(|meta| Some(Stamp::by_any_name(&meta))) } else { Ok(None) }
}

fn same_bytes(one: std::fs::File, other: std::fs::File) -> io::Result<bool> {
    let (mut one, mut other) = (io::BufReader::new(one), io::BufReader::new(other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] || (length == 0 && left.len() != right.len()) {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
        one.consume(length);
        other.consume(length);
    }
}

/// A temporary file beside `path`, with the rights of an ordinary file.
fn aside(path: &Utf8Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    std::fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(file)
}

/// Lets `to` have what the file `from` has, without a copy where the disk can do that; makes its folder. Writing
/// `from` anew leaves it as it is.
#[allow(clippy::disallowed_methods, reason = "this is the door")]
pub fn share(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    remove(to)?;
    std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(drop))
}

/// Writes a whole folder at once, where there is none of the name: it is filled under another name and then
/// renamed, which costs less than one rename a file. False if the folder is there already; nothing is
/// done then.
#[allow(clippy::disallowed_methods, reason = "this is the door")]
pub fn write_new_folder(folder: &Utf8Path, files: &[(&Utf8Path, &[u8])]) -> io::Result<bool> {
    if folder.exists() || files.is_empty() {
        return Ok(false);
    }
    let parent = folder.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    std::fs::create_dir_all(parent)?;
    let aside = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
    let below = aside.path().join("files");
    let folders: BTreeSet<&Utf8Path> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    for folder in folders {
        std::fs::create_dir_all(below.join(folder))?;
    }
    let write = |(path, bytes): &(&Utf8Path, &[u8])| {
        let mut file = std::fs::File::create(below.join(path))?;
        file.write_all(bytes)?;
        stamp_of(&file)
    };
    let stamps: Vec<Option<Stamp>> = files.par_iter().map(write).collect::<io::Result<_>>()?;
    // Somebody else may have made the folder in the meantime; then each file goes its own way.
    if std::fs::rename(&below, folder).is_err() {
        return Ok(false);
    }
    for ((path, _), stamp) in files.iter().zip(stamps) {
        if let Some(stamp) = stamp {
            journal::wrote(&folder.join(path), stamp);
        }
    }
    journal::swept(folder);
    Ok(true)
}

/// Removes a file; one that is gone already is no failure.
pub fn remove(path: &Utf8Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the files below `folder` that are not in `keep` (absolute or like `folder`), and folders left empty.
pub fn remove_stale(folder: &Utf8Path, keep: &FxHashSet<String>) -> io::Result<()> {
    for entry in WalkDir::new(folder).contents_first(true).into_iter().filter_map(Result::ok) {
        let Some(path) = Utf8Path::from_path(entry.path()) else { continue };
        if entry.file_type().is_dir() {
            // Fails when the folder is not empty, which is as it should be.
            drop(std::fs::remove_dir(path));
        } else if !keep.contains(path.as_str()) {
            std::fs::remove_file(path)?;
        }
    }
    journal::swept(folder);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "files are what is tested")]
mod tests {
    use super::*;

    #[test]
    fn a_stream_with_the_same_bytes_leaves_the_file_alone() {
        let scratch = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(scratch.path()).expect("UTF-8").join("big.json");
        let long = "x".repeat(100_000);
        let write = |text: &str| write_stream(&path, |out| out.write_all(text.as_bytes())).expect("written");
        assert_eq!(write(&long), Written::Changed);
        assert_eq!(write(&long), Written::Unchanged);
        assert_eq!(write(&long.replace("xx", "xy")), Written::Changed);
        let failed = write_stream(&path, |_| Err(io::Error::other("full")));
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).expect("a file").len(), 100_000, "a failure leaves the old file");
    }

    #[test]
    fn what_is_shared_stays_when_the_first_is_written_anew() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8");
        let (from, to) = (folder.join("manifest.json"), folder.join("docs/manifest.json"));
        write_atomic(&from, b"old").expect("written");
        for _ in 0..2 {
            share(&from, &to).expect("shared");
        }
        write_atomic(&from, b"new").expect("written");
        assert_eq!(std::fs::read(&to).expect("a file"), b"old");
    }

    #[test]
    fn a_new_folder_comes_as_a_whole_and_an_old_one_is_left_alone() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8").join("target/compiled");
        let files: [(&Utf8Path, &[u8]); 2] =
            [("shop/models/a.sql".into(), b"select 1"), ("shop/b.sql".into(), b"select 2")];
        assert!(write_new_folder(&folder, &files).expect("written"));
        assert_eq!(std::fs::read(folder.join("shop/models/a.sql")).expect("a file"), b"select 1");
        assert!(!write_new_folder(&folder, &files[..1]).expect("left alone"));
        assert!(folder.join("shop/b.sql").exists());
        let beside = std::fs::read_dir(folder.parent().expect("target")).expect("a folder").count();
        assert_eq!(beside, 1, "nothing is left beside it");
    }
}

//! Unpacking what was downloaded, which nobody should trust: nothing is written outside of the folder given.

use std::fmt;
use std::io::{self, Read};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use crate::world::folder;

/// No package has more files than this.
const MOST_FILES: usize = 100_000;
/// No package has more bytes than this, unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// Why an archive can't be used.
#[derive(Debug)]
pub(super) enum ArchiveError {
    /// It ends early or is no archive; another try may get a whole one.
    Damaged(String),
    /// It is whole, and must not or can't be used.
    Unusable(String),
    /// The disk.
    Disk(io::Error),
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(text) | Self::Unusable(text) => f.write_str(text),
            Self::Disk(error) => write!(f, "{error}"),
        }
    }
}

/// Unpacks a `.tar.gz` into a folder, which must be new, and gives the one folder in it that is the package.
pub(super) fn unpack(bytes: &[u8], into: &Utf8Path) -> Result<Utf8PathBuf, ArchiveError> {
    let mut unpacking = Unpacking { into, files: 0, bytes: 0, links: Vec::new() };
    folder::make_folder(into).map_err(ArchiveError::Disk)?;
    let mut archive = Archive::new(GzDecoder::new(bytes));
    let damaged = |error: io::Error| ArchiveError::Damaged(format!("the archive is damaged: {error}"));
    for entry in archive.entries().map_err(damaged)? {
        unpacking.entry(entry.map_err(damaged)?)?;
    }
    // A gzip stream that ends early may still have ended at the end of a file; its last bytes tell.
    let mut rest = archive.into_inner();
    io::copy(&mut rest.by_ref().take(MOST_BYTES), &mut io::sink()).map_err(damaged)?;
    unpacking.links()?;
    package_in(into)
}

/// An archive's folder of the package: the only folder at its top, or the top itself.
fn package_in(top: &Utf8Path) -> Result<Utf8PathBuf, ArchiveError> {
    let found = folder::entries(top).map_err(ArchiveError::Disk)?;
    if found.iter().any(|entry| entry.name == "dbt_project.yml") {
        return Ok(top.to_owned());
    }
    match found.as_slice() {
        [only] if only.is_folder && !only.is_link => Ok(top.join(&only.name)),
        [] => Err(ArchiveError::Unusable("the archive is empty".to_owned())),
        several => Err(ArchiveError::Unusable(format!(
            "the archive should have one folder at its top, and has {}",
            several.iter().take(5).map(|entry| format!("`{}`", entry.name)).collect::<Vec<_>>().join(", ")
        ))),
    }
}

struct Unpacking<'u> {
    into: &'u Utf8Path,
    files: usize,
    bytes: u64,
    /// Links are made last, so that no file is written through one.
    links: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

impl Unpacking<'_> {
    fn entry<R: Read>(&mut self, mut entry: tar::Entry<'_, R>) -> Result<(), ArchiveError> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            return Ok(());
        }
        let path = inside(&name(&entry.path_bytes())?)?;
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(ArchiveError::Unusable(format!("the archive has more than {MOST_FILES} files")));
        }
        match kind {
            EntryType::Directory => folder::make_folder(&self.into.join(path)).map_err(ArchiveError::Disk),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let size = entry.size();
                self.bytes = self.bytes.saturating_add(size);
                if self.bytes > MOST_BYTES {
                    let text = format!("the archive has more than {} MiB, unpacked", MOST_BYTES >> 20);
                    return Err(ArchiveError::Unusable(text));
                }
                if path.as_str().is_empty() {
                    return Err(ArchiveError::Unusable("the archive has a file without a name".to_owned()));
                }
                let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
                self.write(&path, &mut entry, size, executable)
            }
            EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default();
                let target = name(&target)?;
                let above = path.parent().unwrap_or(Utf8Path::new(""));
                if target.starts_with('/') {
                    return Err(outside(&path, &target));
                }
                inside(above.join(&target).as_str()).map_err(|_| outside(&path, &target))?;
                self.links.push((path, target.into()));
                Ok(())
            }
            _ => Err(ArchiveError::Unusable(format!(
                "`{path}` in the archive is neither a file, a folder nor a symbolic link"
            ))),
        }
    }

    fn write(
        &self,
        path: &Utf8Path,
        from: &mut dyn Read,
        size: u64,
        executable: bool,
    ) -> Result<(), ArchiveError> {
        let mut reader = Watched { from, failed: None };
        match folder::fill_new_file(&self.into.join(path), &mut reader, executable) {
            Ok(length) if length == size => Ok(()),
            Ok(_) => Err(ArchiveError::Damaged(format!("the archive ends within `{path}`"))),
            Err(_) if reader.failed.is_some() => {
                let reason = reader.failed.unwrap_or_default();
                Err(ArchiveError::Damaged(format!("the archive ends within `{path}`: {reason}")))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ArchiveError::Unusable(format!("the archive has `{path}` twice")))
            }
            Err(error) => Err(ArchiveError::Disk(error)),
        }
    }

    /// Makes the links. By its letters each stays inside; but links may lead through each other, so where they
    /// really lead is what counts.
    fn links(&self) -> Result<(), ArchiveError> {
        let top = folder::real_path(self.into).map_err(ArchiveError::Disk)?;
        for (path, target) in &self.links {
            let link = self.into.join(path);
            let above = link.parent().unwrap_or(self.into);
            folder::make_folder(above).map_err(ArchiveError::Disk)?;
            let above = folder::real_path(above).map_err(ArchiveError::Disk)?;
            if !above.starts_with(&top) {
                return Err(outside(path, target.as_str()));
            }
            folder::make_link(target, &link).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    ArchiveError::Unusable(format!("the archive has `{path}` twice"))
                }
                _ => ArchiveError::Disk(error),
            })?;
        }
        for (path, target) in &self.links {
            match folder::real_path(&self.into.join(path)) {
                Ok(real) if real.starts_with(&top) => {}
                Ok(_) => return Err(outside(path, target.as_str())),
                // It leads nowhere: nobody will miss it.
                Err(_) => folder::remove_folder(&self.into.join(path)).map_err(ArchiveError::Disk)?,
            }
        }
        Ok(())
    }
}

/// A reader that remembers that it was it who failed, and not the disk.
struct Watched<'r> {
    from: &'r mut dyn Read,
    failed: Option<String>,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.from.read(into).inspect_err(|error| self.failed = Some(error.to_string()))
    }
}

fn name(bytes: &[u8]) -> Result<String, ArchiveError> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned)
        .map_err(|_| ArchiveError::Unusable("the archive has a name that is not UTF-8".to_owned()))
}

/// A path without `.` and `..`; refused if it would leave the archive's folder.
fn inside(path: &str) -> Result<Utf8PathBuf, ArchiveError> {
    let refused = || ArchiveError::Unusable(format!("`{path}` in the archive leads out of it"));
    if path.contains(['\\', '\0']) {
        return Err(ArchiveError::Unusable(format!("`{}` is no name for a file", path.escape_debug())));
    }
    let mut clean = Utf8PathBuf::new();
    for component in Utf8Path::new(path).components() {
        match component {
            Utf8Component::Normal(part) => clean.push(part),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                if !clean.pop() {
                    return Err(refused());
                }
            }
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return Err(refused()),
        }
    }
    Ok(clean)
}

fn outside(path: &Utf8Path, target: &str) -> ArchiveError {
    ArchiveError::Unusable(format!("the link `{path}` in the archive leads out of it, to `{target}`"))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::world::folder::Scratch;

    /// What an entry of a test's archive is: its text, where it links to, or how long it claims to be.
    enum Is {
        File(&'static str),
        Link(&'static str),
        Hard(&'static str),
        Claims(u64),
    }

    #[track_caller]
    fn check(entries: &[(&str, Is)], expected: Result<&str, &str>) {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, is) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_path(path).expect("a path");
            let (kind, text, size) = match is {
                Is::File(text) => (EntryType::Regular, *text, text.len() as u64),
                Is::Link(_) => (EntryType::Symlink, "", 0),
                Is::Hard(_) => (EntryType::Link, "", 0),
                Is::Claims(size) => (EntryType::Regular, "", *size),
            };
            header.set_entry_type(kind);
            if let Is::Link(target) | Is::Hard(target) = is {
                header.set_link_name_literal(target).expect("a name");
            }
            header.set_size(size);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, text.as_bytes()).expect("memory takes it");
        }
        let bytes = builder.into_inner().expect("a tar").finish().expect("a gzip");
        let scratch = Scratch::temporary("archive").expect("a folder");
        let into = scratch.path().join("a/b/c");
        let found = unpack(&bytes, &into).map_err(|error| error.to_string());
        match (&found, expected) {
            (Ok(folder), Ok(name)) => assert_eq!(folder.file_name(), Some(name)),
            (Err(error), Err(words)) => assert!(error.contains(words), "{error}"),
            _ => panic!("{found:?} and not {expected:?}"),
        }
    }

    #[test]
    fn a_package_is_the_only_folder_or_the_top() {
        check(&[("kit/dbt_project.yml", Is::File("x")), ("kit/a/b", Is::File(""))], Ok("kit"));
        check(&[("dbt_project.yml", Is::File("x")), ("a/b", Is::File(""))], Ok("c"));
        check(&[("kit/a", Is::File("x")), ("other/a", Is::File("x"))], Err("one folder at its top"));
        check(&[], Err("the archive is empty"));
        check(&[("kit/a", Is::File("x")), ("kit/a", Is::File("y"))], Err("has `kit/a` twice"));
    }

    #[cfg(unix)]
    #[test]
    fn links_may_not_lead_out() {
        check(
            &[("kit/a/x", Is::File("x")), ("kit/b", Is::Link("a")), ("kit/a/c", Is::Link("../a/x"))],
            Ok("kit"),
        );
        check(&[("kit/x", Is::File("x")), ("kit/nowhere", Is::Link("gone"))], Ok("kit"));
        check(&[("kit/a", Is::Link("/etc"))], Err("the link `kit/a` in the archive leads out of it"));
        check(&[("kit/a", Is::Link("../../x"))], Err("leads out of it"));
        // By its letters the second link stays inside; through the first it does not.
        let (one, other) = (("kit/s", Is::Link(".")), ("kit/t", Is::Link("s/s/s/../../..")));
        check(&[one, other], Err("the link `kit/t` in the archive leads out of it"));
        // A file may not be written through a link.
        check(&[("kit/s", Is::Link("..")), ("kit/s/x", Is::File("x"))], Err("has `kit/s` twice"));
        check(&[("kit/a", Is::Hard("/etc/passwd"))], Err("neither a file, a folder nor a symbolic link"));
    }

    #[test]
    fn what_is_too_much_is_not_even_read() {
        check(&[("kit/a", Is::Claims(3 << 30))], Err("more than 1024 MiB"));
    }
}

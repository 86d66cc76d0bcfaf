//! Whole folders on disk: made aside, swapped in by renaming, linked, copied and removed.

use std::io::{self, Read, Write as _};

use camino::{Utf8Path, Utf8PathBuf};

/// A folder for work in progress, removed when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    path: Utf8PathBuf,
}

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// It is a symbolic link.
    pub is_link: bool,
    /// It is a folder, or a link to one.
    pub is_folder: bool,
}

impl Scratch {
    /// A new folder in `parent`, whose name begins with `prefix`; makes `parent`.
    pub fn new_in(parent: &Utf8Path, prefix: &str) -> io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        Self::of(tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?)
    }

    /// A new folder where the system keeps temporary ones.
    pub fn temporary(prefix: &str) -> io::Result<Self> {
        Self::of(tempfile::Builder::new().prefix(prefix).tempdir()?)
    }

    fn of(folder: tempfile::TempDir) -> io::Result<Self> {
        let path = Utf8Path::from_path(folder.path())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the folder's name is not UTF-8"))?
            .to_owned();
        Ok(Self { folder, path })
    }

    /// Where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Removes it now, and says if that fails.
    pub fn close(self) -> io::Result<()> {
        self.folder.close()
    }
}

/// Puts the folder `new` in the place of `place`; what was there goes to `aside`, a path that does not exist yet.
/// If the second rename fails, the first is taken back.
pub fn swap_folder(new: &Utf8Path, place: &Utf8Path, aside: &Utf8Path) -> io::Result<()> {
    let was_there = std::fs::symlink_metadata(place).is_ok();
    if was_there {
        std::fs::rename(place, aside)?;
    }
    match std::fs::rename(new, place) {
        Ok(()) => Ok(()),
        Err(error) => {
            if was_there {
                std::fs::rename(aside, place)?;
            }
            Err(error)
        }
    }
}

/// What stands in a folder, sorted by name; nothing if there is no such folder. Names that are not UTF-8 are left
/// out.
pub fn entries(folder: &Utf8Path) -> io::Result<Vec<Entry>> {
    let read = match std::fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut entries = Vec::new();
    for entry in read {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_link = entry.file_type()?.is_symlink();
        let is_folder = std::fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
        entries.push(Entry { name, is_link, is_folder });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The files of a folder, oldest first; none if it can't be read.
pub fn by_age(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(read) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = read
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let modified = entry.metadata().ok()?.modified().ok()?;
            Some((modified, Utf8PathBuf::from_path_buf(entry.path()).ok()?))
        })
        .collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

/// Where a symbolic link leads, as it stands in the link; `None` if it is none.
pub fn link_target(path: &Utf8Path) -> Option<Utf8PathBuf> {
    std::fs::read_link(path).ok().and_then(|target| Utf8PathBuf::from_path_buf(target).ok())
}

/// True for a folder, or a link to one.
pub fn is_folder(path: &Utf8Path) -> bool {
    path.is_dir()
}

/// Where a path really is, all links followed; fails if it leads nowhere.
pub fn real_path(path: &Utf8Path) -> io::Result<Utf8PathBuf> {
    path.canonicalize_utf8()
}

/// Makes `link` lead to the folder `target`, or copies it where links can't be made.
pub fn link_or_copy(target: &Utf8Path, link: &Utf8Path) -> io::Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::symlink(target, link).is_ok() {
        return Ok(());
    }
    #[cfg(windows)]
    if std::os::windows::fs::symlink_dir(target, link).is_ok() {
        return Ok(());
    }
    copy_folder(target, link)
}

fn copy_folder(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in entries(from)? {
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        if entry.is_folder {
            copy_folder(&from, &to)?;
        } else {
            std::fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

/// Makes a folder and those above it.
pub fn make_folder(folder: &Utf8Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Removes a folder if it is empty; leaves it alone otherwise.
pub fn remove_if_empty(folder: &Utf8Path) {
    drop(std::fs::remove_dir(folder));
}

/// Removes a folder with all that is in it, or a link, but not what it leads to.
pub fn remove_folder(path: &Utf8Path) -> io::Result<()> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if meta.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
}

/// Moves a folder to a name that is not taken, on the same disk.
pub fn move_folder(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Fills a new file; gives the number of bytes. Never goes through a link: the file must not exist.
pub fn fill_new_file(path: &Utf8Path, from: &mut dyn Read, executable: bool) -> io::Result<u64> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    let length = io::copy(from, &mut file)?;
    file.flush()?;
    #[cfg(unix)]
    if executable {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = executable;
    Ok(length)
}

/// Makes a symbolic link with this text in it; false where links can't be made.
pub fn make_link(text: &Utf8Path, link: &Utf8Path) -> io::Result<bool> {
    if let Some(folder) = link.parent() {
        std::fs::create_dir_all(folder)?;
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(text, link)?;
        Ok(true)
    }
    #[cfg(not(unix))]
    {
        let _ = text;
        Ok(false)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "files are what is tested")]
mod tests {
    use super::*;

    #[test]
    fn a_swap_that_fails_leaves_the_old_folder() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(scratch.path()).expect("UTF-8");
        let (new, place, aside) = (root.join("new"), root.join("place"), root.join("aside"));
        make_folder(&place).expect("made");
        std::fs::write(place.join("old"), "1").expect("written");
        assert!(swap_folder(&new, &place, &aside).is_err(), "there is nothing new");
        assert!(place.join("old").exists());
        make_folder(&new).expect("made");
        swap_folder(&new, &place, &aside).expect("swapped");
        assert!(!place.join("old").exists() && aside.join("old").exists());
    }

    #[test]
    fn a_link_is_removed_and_not_what_it_leads_to() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(scratch.path()).expect("UTF-8");
        make_folder(&root.join("real")).expect("made");
        link_or_copy(&root.join("real"), &root.join("link")).expect("linked");
        remove_folder(&root.join("link")).expect("removed");
        remove_folder(&root.join("link")).expect("nothing to remove is no mistake");
        assert!(root.join("real").exists());
        let found = entries(root).expect("a folder");
        assert_eq!(found, [Entry { name: "real".to_owned(), is_link: false, is_folder: true }]);
    }
}

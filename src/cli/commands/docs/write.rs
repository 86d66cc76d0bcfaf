//! Writes a site into a folder that is its own, and removes pages of what is gone.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashSet;

use crate::cli::pipeline::not_written;
use crate::cli::session::Session;
use crate::diagnostic::{Code, Diagnostic};
use crate::site::{Content, File, Site};
use crate::world::{World as _, remove_stale, share, write_if_changed, write_stream};

/// What a site's first page of data begins with.
const MARK: &[u8] = b"buhin.data(\"home\",";

/// Writes all files, on all cores, and lets the site have the target folder's files of the names in `beside`; says what
/// could not be written.
pub(super) fn write(
    session: &Session,
    site: &Site<'_>,
    folder: &Utf8Path,
    beside: &[&str],
) -> Vec<Diagnostic> {
    let is_ours = session.read_file(&folder.join("data/home.js")).is_ok_and(|bytes| bytes.starts_with(MARK));
    if !is_ours && is_taken(session, folder) {
        let message = format!("`{folder}` has files that are not those of a docs site");
        let found = Diagnostic::error(Code::BAD_ARGUMENT, message);
        return vec![found.help("choose a folder that is empty or not there with --output")];
    }
    let files: Vec<(File, Utf8PathBuf)> =
        site.files().into_iter().map(|file| (file, folder.join(site.path(file)))).collect();
    // One full disk or read-only folder is one message, not one for each file.
    let failed = files.par_iter().find_map_first(|(file, path)| {
        let written = match site.content(*file) {
            Content::Bytes(bytes) => write_if_changed(path, &bytes),
            Content::Pieces(write) => write_stream(path, write),
        };
        written.err().map(|error| not_written(path, &error))
    });
    if let Some(failed) = failed {
        return vec![failed];
    }
    for name in beside {
        let path = folder.join(name);
        if let Err(error) = share(&session.target_folder().join(name), &path) {
            return vec![not_written(&path, &error)];
        }
    }
    let kept: FxHashSet<String> = files.into_iter().map(|(_, path)| path.into_string()).collect();
    let below = folder.join("data");
    // Nothing but data of a site stands there: a folder of other files was not taken.
    remove_stale(&below, &kept).err().map(|error| not_written(&below, &error)).into_iter().collect()
}

/// True for a folder with files, or a file in the folder's place.
fn is_taken(session: &Session, folder: &Utf8Path) -> bool {
    if session.world.exists(folder) {
        return session.world.walk(folder).map_or(true, |files| !files.is_empty());
    }
    false
}

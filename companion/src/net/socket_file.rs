use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Whoever shares the group may connect.
const MODE: u32 = 0o660;

/// The file of a Unix socket that is listened on; it goes when this is dropped.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode: whether it is still ours.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens. What a crash has left behind is replaced; what somebody listens on, or is no socket, is not.
    pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, Self)> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
            }
            Ok(_) => match UnixStream::connect(path) {
                Ok(_) => return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens there")),
                // Only this says that nobody does; another user's socket may be in use, and not for us.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // Beside and renamed: nobody finds a socket there that is not yet restricted.
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        let _ = fs::remove_file(&new);
        let listener = UnixListener::bind(&new)?;
        let placed = fs::set_permissions(&new, fs::Permissions::from_mode(MODE))
            .and_then(|()| fs::rename(&new, path))
            .and_then(|()| identity(path));
        match placed {
            Ok(identity) => Ok((listener, SocketFile { path: path.to_owned(), identity })),
            Err(error) => {
                let _ = fs::remove_file(&new);
                Err(error)
            }
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[tokio::test]
    async fn the_file_is_for_its_group_and_goes_with_the_listener() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("feed.sock");
        let (_listener, file) = SocketFile::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_a_crash_left_behind_is_replaced() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("feed.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let (_listener, _file) = SocketFile::bind(&path).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[tokio::test]
    async fn what_somebody_uses_is_left_alone() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("feed.sock");
        let (_listener, _file) = SocketFile::bind(&path).unwrap();
        assert_eq!(SocketFile::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let other = dir.path().join("notes.txt");
        fs::write(&other, "precious").unwrap();
        assert_eq!(SocketFile::bind(&other).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(other).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_successors_file_stays() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("feed.sock");
        let (listener, file) = SocketFile::bind(&path).unwrap();
        drop(listener);
        let (_successor, _its_file) = SocketFile::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }
}

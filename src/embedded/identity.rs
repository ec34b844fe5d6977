//! The user that PostgreSQL runs as. PostgreSQL refuses root, so that root's atelier runs it as
//! an unprivileged user; a plain user's atelier runs it as that user. Also builds every command
//! line's surroundings: user, groups, environment and working directory.

use super::cluster::Directories;
use super::find::Installation;
use anyhow::{Context, Result, anyhow, bail};
use nix::unistd::{Uid, User};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The users tried in turn when we are root.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The user that PostgreSQL runs as.
#[derive(Debug)]
pub(super) enum Identity {
    /// The user that we are ourselves.
    Same,
    /// Another one, which only root can become.
    Other { user_id: u32, group_id: u32 },
}

impl Identity {
    /// The owner of an existing cluster, as PostgreSQL demands; for a new one the user that we
    /// are, or for root an unprivileged one.
    pub(super) fn choose(directories: &Directories) -> Result<Self> {
        let own = Uid::effective();
        if let Ok(cluster) = fs::metadata(&directories.cluster) {
            let path = directories.cluster.display();
            return match (cluster.uid(), own.as_raw()) {
                (0, _) => bail!(
                    "{path} belongs to root, which PostgreSQL refuses to run as: \
                     chown -R it to another user, or choose another --data-dir"
                ),
                (owner, own) if owner == own => Ok(Self::Same),
                (owner, 0) => Ok(Self::Other { user_id: owner, group_id: cluster.gid() }),
                (owner, _) => bail!(
                    "{path} belongs to {}: run atelier as that user, \
                     or choose another --data-dir",
                    user_name(owner)
                ),
            };
        }
        if !own.is_root() {
            return Ok(Self::Same);
        }
        for name in UNPRIVILEGED {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self::Other { user_id: user.uid.as_raw(), group_id: user.gid.as_raw() });
            }
        }
        bail!(
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: \
             create one (useradd --system postgres), or run atelier as a plain user"
        );
    }

    /// A command that runs as this user, in `directory`, with no PostgreSQL setting inherited.
    pub(super) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).stdin(Stdio::null());
        // A PGPORT or PGDATA of the caller's must not lead this PostgreSQL astray.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Messages are read by us, and macOS wants a locale that exists.
        command.env("LC_ALL", "C").env_remove("LANGUAGE");
        if let Self::Other { user_id, group_id } = *self {
            // With a user set, the library also drops root's supplementary groups.
            command.uid(user_id).gid(group_id).env("HOME", directory);
        }
        command
    }

    /// Gives an open file to this user.
    pub(super) fn own(&self, file: &File, path: &Path) -> Result<()> {
        if let Self::Other { user_id, group_id } = *self {
            fchown(file, Some(user_id), Some(group_id))
                .with_context(|| format!("cannot give {} to PostgreSQL's user", path.display()))?;
        }
        Ok(())
    }

    /// Gives a directory to this user, but not what a link in its place would point to.
    pub(super) fn own_directory(&self, path: &Path) -> Result<()> {
        if let Self::Other { user_id, group_id } = *self {
            lchown(path, Some(user_id), Some(group_id))
                .with_context(|| format!("cannot give {} to PostgreSQL's user", path.display()))?;
        }
        Ok(())
    }

    /// Checks that the other user can run PostgreSQL and enter the data directory, by doing so.
    pub(super) fn check_access(
        &self,
        installation: &Installation,
        directories: &Directories,
    ) -> Result<()> {
        let Self::Other { user_id, .. } = *self else {
            return Ok(());
        };
        let program = installation.program("postgres");
        let name = user_name(user_id);
        let mut command = self.command(&program, &directories.data);
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!("{} does not run as {name}: {status}", program.display()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(explain_denied(user_id, &name, &program, &directories.data))
            }
            Err(error) => bail!(
                "cannot run {} as {name} ({error}): run atelier as a plain user",
                program.display()
            ),
        }
    }
}

/// Which of the two, directory or program, is closed to the user, and what to do about it.
fn explain_denied(user_id: u32, name: &str, program: &Path, data: &Path) -> anyhow::Error {
    let closed = |path: &Path| {
        let closed = path.ancestors().filter(|it| !is_open_to(it, user_id)).last();
        closed.map(|it| it.display().to_string())
    };
    if let Some(directory) = closed(data) {
        return anyhow!(
            "PostgreSQL runs as {name}, which cannot enter {directory}: \
             choose a --data-dir elsewhere, such as /var/lib/atelier"
        );
    }
    let directory = closed(program).unwrap_or_else(|| program.display().to_string());
    anyhow!(
        "PostgreSQL runs as {name}, which may not run {}: {directory} is closed to it; \
         choose another with --postgres-bin",
        program.display()
    )
}

/// Whether the mode lets the user pass; only used to explain a denial, so that groups and access
/// lists, which could let it pass after all, do not matter.
fn is_open_to(path: &Path, user_id: u32) -> bool {
    fs::metadata(path).is_ok_and(|it| {
        if it.uid() == user_id { it.mode() & 0o100 != 0 } else { it.mode() & 0o001 != 0 }
    })
}

/// The user's name for messages, or its number where it has none.
fn user_name(user_id: u32) -> String {
    let user = User::from_uid(Uid::from_raw(user_id)).ok().flatten();
    user.map_or_else(|| format!("user {user_id}"), |user| format!("user {}", user.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn denial_names_the_outermost_closed_directory() {
        let root = tempfile::tempdir().unwrap();
        let closed = root.path().join("closed");
        fs::create_dir_all(closed.join("open")).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // An owner that is not ours: the mode's last three bits decide.
        let user_id = Uid::effective().as_raw() + 12_345;
        let error = explain_denied(user_id, "user x", Path::new("/"), &closed.join("open"));
        let closed = closed.display();
        assert_eq!(
            error.to_string(),
            format!(
                "PostgreSQL runs as user x, which cannot enter {closed}: \
                 choose a --data-dir elsewhere, such as /var/lib/atelier"
            )
        );
    }
}

//! Points at which the tests make the disk fail or the process die. In the product every point is empty.

/// What is about to be done to the disk, or was done.
#[cfg(not(test))]
#[inline]
pub(crate) fn before(_what: &'static str) -> std::io::Result<()> {
    Ok(())
}

/// It was done.
#[cfg(not(test))]
#[inline]
pub(crate) fn after(_what: &'static str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use on::{after, before};

/// Whether backups of a file on one disk can be moved to a folder on another: only when it is the same.
pub(crate) fn same_disk(one: u64, other: u64) -> bool {
    #[cfg(test)]
    if on::disks_apart() {
        return false;
    }
    one == other
}

#[cfg(test)]
pub(crate) mod on {
    use std::cell::RefCell;
    use std::io;

    /// How the disk behaves from a point on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Strain {
        /// Points are only counted.
        Count,
        /// At this point, and ever after, nothing works any more: what a killed process leaves behind.
        Dead { at: usize },
        /// The one step at this point fails with this kind; later ones work.
        Once { at: usize, kind: io::ErrorKind },
        /// From this point on every step fails with this kind, and undoing too.
        From { at: usize, kind: io::ErrorKind },
        /// The process is gone, without a last word.
        Abort { at: usize },
    }

    type Meddler = Box<dyn FnMut(&'static str)>;

    thread_local! {
        static STRAIN: RefCell<Option<(Strain, usize)>> = const { RefCell::new(None) };
        static MEDDLER: RefCell<Option<Meddler>> = const { RefCell::new(None) };
        static POOR: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    /// Runs something on a disk that does not know these operations; `disks` stands for a store on a disk of its own.
    pub(crate) fn on_a_poor_disk<T>(unknown: &[&'static str], work: impl FnOnce() -> T) -> T {
        POOR.with(|cell| *cell.borrow_mut() = unknown.to_vec());
        let result = work();
        POOR.with(|cell| cell.borrow_mut().clear());
        result
    }

    pub(super) fn disks_apart() -> bool {
        POOR.with(|cell| cell.borrow().contains(&"disks"))
    }

    /// Runs something under strain. Gives its result and the number of points that were passed.
    pub(crate) fn under<T>(strain: Strain, work: impl FnOnce() -> T) -> (T, usize) {
        STRAIN.with(|cell| *cell.borrow_mut() = Some((strain, 0)));
        let result = work();
        let passed = STRAIN.with(|cell| cell.borrow_mut().take()).map_or(0, |(_, passed)| passed);
        (result, passed)
    }

    /// Runs something while somebody else changes the disk before a step of this name.
    pub(crate) fn meddled_with<T>(meddler: impl FnMut(&'static str) + 'static, work: impl FnOnce() -> T) -> T {
        MEDDLER.with(|cell| *cell.borrow_mut() = Some(Box::new(meddler)));
        let result = work();
        MEDDLER.with(|cell| cell.borrow_mut().take());
        result
    }

    pub(crate) fn before(what: &'static str) -> io::Result<()> {
        // Taken out while it runs: it may not meddle with itself.
        if let Some(mut meddler) = MEDDLER.with(|cell| cell.borrow_mut().take()) {
            meddler(what);
            MEDDLER.with(|cell| *cell.borrow_mut() = Some(meddler));
        }
        if POOR.with(|cell| cell.borrow().contains(&what)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        pass(true)
    }

    pub(crate) fn after(_what: &'static str) -> io::Result<()> {
        pass(false)
    }

    fn pass(before: bool) -> io::Result<()> {
        STRAIN.with(|cell| {
            let mut cell = cell.borrow_mut();
            let Some((strain, passed)) = cell.as_mut() else { return Ok(()) };
            let here = *passed;
            *passed += 1;
            match *strain {
                Strain::Count => Ok(()),
                Strain::Dead { at } if here >= at => Err(io::Error::other("the process is gone")),
                Strain::Once { at, kind } if here == at && before => Err(kind.into()),
                Strain::From { at, kind } if here >= at && before => Err(kind.into()),
                Strain::Abort { at } if here == at => std::process::abort(),
                _ => Ok(()),
            }
        })
    }
}

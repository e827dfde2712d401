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

/// Something is about to be read from the disk.
#[cfg(not(test))]
#[inline]
pub(crate) fn reading(_what: &'static str) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use on::{after, before, reading};

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

    /// How the disk behaves from a point on. Points are numbered in the order in which they are passed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Strain {
        /// Points are only written down.
        Count,
        /// At this point, and ever after, nothing works any more: what a killed process leaves behind.
        Dead { at: usize },
        /// The one step at this point fails so; later ones work.
        Once { at: usize, fault: Fault },
        /// From this point on every step fails so, and undoing too.
        From { at: usize, fault: Fault },
        /// The process is killed, without a last word.
        Killed { at: usize },
    }

    /// What the system says.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Fault {
        /// No space left on the disk (ENOSPC).
        Full,
        /// Permission was taken away (EACCES).
        Denied,
        /// The disk was made read-only (EROFS).
        ReadOnly,
        /// The disk itself fails (EIO).
        Broken,
    }

    impl Fault {
        pub const ALL: [Self; 4] = [Self::Full, Self::Denied, Self::ReadOnly, Self::Broken];

        /// Whether a system says so of something that is only read.
        fn of_reading(self) -> bool {
            matches!(self, Self::Denied | Self::Broken)
        }

        fn error(self) -> io::Error {
            // The very numbers, where they are the same on every system: some code asks for the number.
            let (number, kind) = match self {
                Self::Full => (28, io::ErrorKind::StorageFull),
                Self::Denied => (13, io::ErrorKind::PermissionDenied),
                Self::ReadOnly => (30, io::ErrorKind::ReadOnlyFilesystem),
                Self::Broken => (5, io::ErrorKind::Other),
            };
            if cfg!(unix) { io::Error::from_raw_os_error(number) } else { kind.into() }
        }
    }

    /// A point that was passed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Point {
        pub what: &'static str,
        pub is: Moment,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Moment {
        Before,
        After,
        Reading,
    }

    type Meddler = Box<dyn FnMut(&'static str)>;

    thread_local! {
        static STRAIN: RefCell<Option<(Strain, Vec<Point>)>> = const { RefCell::new(None) };
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

    /// Runs something under strain. Gives its result and the points that were passed.
    pub(crate) fn under<T>(strain: Strain, work: impl FnOnce() -> T) -> (T, Vec<Point>) {
        STRAIN.with(|cell| *cell.borrow_mut() = Some((strain, Vec::new())));
        let result = work();
        let passed = STRAIN.with(|cell| cell.borrow_mut().take()).map_or_else(Vec::new, |(_, passed)| passed);
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
        pass(what, Moment::Before)
    }

    pub(crate) fn after(what: &'static str) -> io::Result<()> {
        pass(what, Moment::After)
    }

    pub(crate) fn reading(what: &'static str) -> io::Result<()> {
        pass(what, Moment::Reading)
    }

    fn pass(what: &'static str, is: Moment) -> io::Result<()> {
        STRAIN.with(|cell| {
            let mut cell = cell.borrow_mut();
            let Some((strain, passed)) = cell.as_mut() else { return Ok(()) };
            let here = passed.len();
            passed.push(Point { what, is });
            let fails = |fault: Fault| match is {
                Moment::Before => true,
                Moment::After => false,
                Moment::Reading => fault.of_reading(),
            };
            match *strain {
                Strain::Count => Ok(()),
                Strain::Dead { at } if here >= at => Err(io::Error::other("the process is gone")),
                Strain::Once { at, fault } if here == at && fails(fault) => Err(fault.error()),
                Strain::From { at, fault } if here >= at && fails(fault) => Err(fault.error()),
                Strain::Killed { at } if here == at => killed(),
                _ => Ok(()),
            }
        })
    }

    /// Nothing of the process runs after this: no destructor, no handler.
    fn killed() -> ! {
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort()
    }
}

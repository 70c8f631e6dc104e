//! The guest's allocator: an attempt is short and its sandbox is thrown away, so the first allocations come from an area that is
//! part of the memory from the start, and are never given back. Growing a memory costs the host more than such a handler's
//! whole work.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
    ptr,
};

/// Bytes of the area: the host's adapter takes one page of 64 KiB, the handler has the rest. Pages that are not touched cost nothing.
const SIZE: usize = 256 * 1024;

/// Beyond the area, the standard library's allocator.
struct Arena {
    area: UnsafeCell<[u8; SIZE]>,
    /// How much of the area is given out.
    used: Cell<usize>,
}

// SAFETY: a guest has one thread.
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena = Arena {
    area: UnsafeCell::new([0; SIZE]),
    used: Cell::new(0),
};

impl Arena {
    fn start(&self) -> usize {
        self.area.get() as usize
    }

    fn holds(&self, at: *mut u8) -> bool {
        (at as usize).wrapping_sub(self.start()) < SIZE
    }

    /// Whether the block is the newest: then it may grow, and its place may be given out again.
    fn is_last(&self, at: *mut u8, size: usize) -> bool {
        at as usize + size == self.start() + self.used.get()
    }

    /// The first free place of this alignment that has room.
    fn place(&self, layout: Layout) -> Option<usize> {
        let start = self.start();
        let at = (start + self.used.get()).checked_next_multiple_of(layout.align())? - start;
        (at.checked_add(layout.size())? <= SIZE).then_some(at)
    }
}

// SAFETY: blocks of the area do not overlap, since `used` only falls by the newest one; all others are the system allocator's.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.place(layout) {
            Some(at) => {
                self.used.set(at + layout.size());
                (self.start() + at) as *mut u8
            }
            // SAFETY: the caller keeps the contract.
            None => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if !self.holds(at) {
            // SAFETY: it came from there.
            unsafe { System.dealloc(at, layout) };
        } else if self.is_last(at, layout.size()) {
            self.used.set(at as usize - self.start());
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.holds(at) {
            // SAFETY: it came from there.
            return unsafe { System.realloc(at, layout, size) };
        }
        let offset = at as usize - self.start();
        if self.is_last(at, layout.size()) && offset.checked_add(size).is_some_and(|end| end <= SIZE) {
            self.used.set(offset + size);
            return at;
        }
        // SAFETY: the alignment is the old one's, and the caller vouches for the size.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are at least so long, and do not overlap.
            unsafe { ptr::copy_nonoverlapping(at, new, layout.size().min(size)) };
        }
        new
    }
}

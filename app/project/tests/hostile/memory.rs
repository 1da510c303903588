//! An allocator that counts what each thread holds, so that tests can say how much memory a call takes at most, whatever
//! the tests beside it do.

#![allow(unsafe_code, reason = "an allocator that counts is one by its very nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    // Without a destructor and without a first use that allocates: an allocator may read it at any moment.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static BEFORE: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.get() + layout.size() as isize;
        NOW.set(now);
        PEAK.set(PEAK.get().max(now));
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.set(NOW.get() - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a call gives, and the most bytes that its thread held at once on its account. What a thread that it starts
/// holds is not counted: nothing that is measured here starts one.
pub fn measured<T>(call: impl FnOnce() -> T) -> (T, usize) {
    BEFORE.set(NOW.get());
    PEAK.set(NOW.get());
    let result = call();
    (result, peak())
}

/// The most bytes that were held at once so far, on account of the call that is being measured on this thread.
pub fn peak() -> usize {
    usize::try_from(PEAK.get() - BEFORE.get()).unwrap_or(0)
}

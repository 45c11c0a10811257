// Wraps the main function of a candidate's tests.
//
// It takes the place of the C library's start, so that it reads the nonce before any code of the candidate runs, and says
// so behind the nonce where main has returned 0. A program that leaves earlier, whatever its status, has not said so.
#[allow(warnings)]
mod assay_start {
    use std::ffi::{c_char, c_int, c_void};

    type Main = extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) -> c_int;
    type Hook = Option<extern "C" fn()>;
    type Start = extern "C" fn(Main, c_int, *mut *mut c_char, Hook, Hook, Hook, *mut c_void) -> c_int;

    extern "C" {
        fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
        fn read(file: c_int, buffer: *mut c_void, size: usize) -> isize;
        fn write(file: c_int, buffer: *const c_void, size: usize) -> isize;
    }

    const NONCE_BYTES: usize = 32;
    const NEXT: isize = -1;

    static mut NONCE: [u8; NONCE_BYTES + 1] = [0; NONCE_BYTES + 1];
    static mut MAIN: Option<Main> = None;

    /// Write a line of the report.
    pub fn say(text: &str) {
        let line = unsafe { [b"\n", &NONCE[..NONCE_BYTES], b" ", text.as_bytes(), b"\n"].concat() };
        let mut rest = &line[..];
        while !rest.is_empty() {
            let written = unsafe { write(1, rest.as_ptr().cast(), rest.len()) };
            if written <= 0 {
                return;
            }
            rest = &rest[written as usize..];
        }
    }

    /// What an exit of the tests' own becomes.
    pub fn leave(status: i32) -> ! {
        if status == 0 {
            say("ended");
        }
        std::process::exit(status)
    }

    unsafe fn read_nonce() {
        let mut have = 0;
        while have < NONCE.len() {
            let got = read(0, NONCE.as_mut_ptr().add(have).cast(), NONCE.len() - have);
            if got <= 0 {
                return;
            }
            have += got as usize;
        }
    }

    extern "C" fn run(count: c_int, arguments: *mut *mut c_char, environment: *mut *mut c_char) -> c_int {
        let status = unsafe { MAIN.unwrap()(count, arguments, environment) };
        if status == 0 {
            say("ended");
        }
        status
    }

    #[no_mangle]
    pub extern "C" fn __libc_start_main(
        main: Main, count: c_int, arguments: *mut *mut c_char, init: Hook, fini: Hook, end: Hook, stack: *mut c_void,
    ) -> c_int {
        unsafe {
            let start: Start = std::mem::transmute(dlsym(NEXT as *mut c_void, c"__libc_start_main".as_ptr()));
            read_nonce();
            MAIN = Some(main);
            start(run, count, arguments, init, fini, end, stack)
        }
    }
}

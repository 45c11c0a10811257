/*
Wraps the main function of a candidate's tests, for C and C++.

It takes the place of the C library's start, so that it reads the nonce before any code of the candidate runs, be it a
constructor, and says so behind the nonce where main has returned 0, the tests leave with 0, or an assertion fails. A
program that leaves earlier, whatever its status, has not said so. It asks the kernel itself: a candidate may have
functions called read or write.
*/
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __cplusplus
#define OF_C extern "C"
#else
#define OF_C
#endif

enum { NONCE_BYTES = 32, MAX_TEXT = 1000, FAILED = 134 };

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static char nonce[NONCE_BYTES + 1];
static main_function *tests;

static void put(const char *text, size_t size) {
  while (size > 0) {
    long written = syscall(SYS_write, STDOUT_FILENO, text, size);
    if (written <= 0) return;
    text += written;
    size -= (size_t)written;
  }
}

static void say(const char *text) {
  size_t size = strlen(text);
  put(text, size < MAX_TEXT ? size : MAX_TEXT);
}

static void read_nonce(void) {
  size_t have = 0;
  while (have < sizeof nonce) {
    long got = syscall(SYS_read, STDIN_FILENO, nonce + have, sizeof nonce - have);
    if (got <= 0) break;
    have += (size_t)got;
  }
  nonce[NONCE_BYTES] = '\0';
}

static int ended(int status) {
  if (status == 0) {
    say("\n");
    say(nonce);
    say(" ended\n");
  }
  return status;
}

static int run_tests(int count, char **arguments, char **environment) {
  return ended(tests(count, arguments, environment));
}

/* What an exit of the tests' own becomes, under a name that no candidate can know. */
#ifdef EXIT_OF_THE_TESTS
OF_C void EXIT_OF_THE_TESTS(int status) { exit(ended(status)); }
#endif

/* Where an assertion fails: not the library's, which a candidate could replace. */
OF_C void __assert_fail(const char *assertion, const char *file, unsigned int line, const char *function) {
  char digits[16];
  size_t at = sizeof digits;
  (void)function;
  do digits[--at] = (char)('0' + line % 10); while ((line /= 10) > 0);
  say("\n");
  say(nonce);
  say(" failed ");
  put(digits + at, sizeof digits - at);
  say(" ");
  say(file);
  say("\t");
  say(assertion);
  say("\n");
  for (;;) syscall(SYS_exit_group, FAILED);
}

OF_C int __libc_start_main(main_function *main, int count, char **arguments, void (*init)(void), void (*fini)(void),
                           void (*rtld_fini)(void), void *stack_end) {
  start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
  read_nonce();
  tests = main;
  return start(run_tests, count, arguments, init, fini, rtld_fini, stack_end);
}

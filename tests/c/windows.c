/* Child processes and what a process uses, on Windows: what process.c and check.c have for POSIX systems. */
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <windows.h>
/* After windows.h, which they need. */
#include <psapi.h>
#include <tlhelp32.h>

#include "harness.h"
#include "internal.h"

const char *program_path;

const char *program_from(const char *variable) {
  const char *path = getenv(variable);
  if (path == NULL) check_failed(__FILE__, __LINE__, "%s must name a program", variable);
  return path;
}

/* A job ends its processes when its last handle is closed, which is when this process ends, however that happens. */
static HANDLE job(void) {
  static HANDLE handle;
  if (handle == NULL) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    handle = CreateJobObject(NULL, NULL);
    CHECK(handle != NULL);
    SetInformationJobObject(handle, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  }
  return handle;
}

/* A pipe of which the child gets one end. */
static void make_pipe(HANDLE *theirs, int *ours, int child_reads) {
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
  HANDLE reading;
  HANDLE writing;
  HANDLE own;
  CHECK(CreatePipe(&reading, &writing, &inherited, 0));
  *theirs = child_reads ? reading : writing;
  own = child_reads ? writing : reading;
  CHECK(SetHandleInformation(own, HANDLE_FLAG_INHERIT, 0));
  *ours = _open_osfhandle((intptr_t)own, child_reads ? _O_BINARY : _O_RDONLY | _O_BINARY);
  CHECK(*ours >= 0);
}

/* Adds an argument as programs take their command line apart: in quotation marks, those inside and the backslashes before
 * them with a backslash each. */
static size_t append_quoted(char *line, size_t length, size_t size, const char *argument) {
  size_t backslashes = 0;
  const char *at;
  CHECK(length + 2 * strlen(argument) + 4 < size);
  if (length > 0) line[length++] = ' ';
  line[length++] = '"';
  for (at = argument; *at != '\0'; at++) {
    if (*at == '"') {
      for (backslashes++; backslashes > 0; backslashes--) line[length++] = '\\';
    } else if (*at == '\\') {
      backslashes++;
    } else {
      backslashes = 0;
    }
    line[length++] = *at;
  }
  for (; backslashes > 0; backslashes--) line[length++] = '\\';
  line[length++] = '"';
  line[length] = '\0';
  return length;
}

void process_start(struct process *process, const char *const *arguments) {
  STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
  PROCESS_INFORMATION information;
  static char line[32768];
  static wchar_t wide[32768];
  size_t length = 0;
  int i;
  for (i = 0; arguments[i] != NULL; i++) length = append_quoted(line, length, sizeof line, arguments[i]);
  /* The texts of the tests are UTF-8; the narrow functions would take them for the code page of the machine. */
  CHECK(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, line, -1, wide, sizeof wide / sizeof wide[0]) > 0);
  make_pipe(&startup.hStdInput, &process->input, 1);
  make_pipe(&startup.hStdOutput, &process->output, 0);
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  if (!CreateProcessW(NULL, wide, NULL, NULL, TRUE, CREATE_NEW_PROCESS_GROUP, NULL, NULL, &startup, &information)) {
    check_failed(__FILE__, __LINE__, "%s does not start: error %lu", arguments[0], GetLastError());
  }
  AssignProcessToJobObject(job(), information.hProcess);
  CloseHandle(information.hThread);
  CloseHandle(startup.hStdInput);
  CloseHandle(startup.hStdOutput);
  process->id = (pid_t)(intptr_t)information.hProcess;
  process->name = arguments[0];
}

/* Waits until there is something to read. A pipe cannot be waited for here, only asked. Returns 0 at the end of the stream. */
static int readable(const struct process *process) {
  HANDLE pipe = (HANDLE)_get_osfhandle(process->output);
  ULONGLONG limit = GetTickCount64() + (ULONGLONG)limit_seconds() * 1000;
  DWORD available = 0;
  while (PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL)) {
    if (available > 0) return 1;
    if (GetTickCount64() > limit) check_failed(__FILE__, __LINE__, "nothing from %s in time", process->name);
    Sleep(1);
  }
  return 0;
}

void process_read_line(const struct process *process, char *line, size_t size) {
  size_t length = 0;
  while (length + 1 < size) {
    if (!readable(process) || _read(process->output, line + length, 1) != 1) {
      check_failed(__FILE__, __LINE__, "%s ended without a whole line", process->name);
    }
    if (line[length] == '\n') break;
    if (line[length] != '\r') length++;
  }
  line[length] = '\0';
}

void process_write_line(const struct process *process, const char *line) {
  const char *text = keep_text("%s\n", line);
  unsigned length = (unsigned)strlen(text);
  if (_write(process->input, text, length) != (int)length) {
    check_failed(__FILE__, __LINE__, "%s does not listen", process->name);
  }
}

void process_close_input(struct process *process) {
  _close(process->input);
  process->input = -1;
}

void process_signal(const struct process *process, int signal_number) {
  HANDLE handle = (HANDLE)(intptr_t)process->id;
  /* Ctrl-Break is what a program can be asked with to end. */
  if (signal_number == SIGTERM && GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, GetProcessId(handle))) return;
  CHECK(TerminateProcess(handle, 1));
}

int process_wait(struct process *process) {
  HANDLE handle = (HANDLE)(intptr_t)process->id;
  char ignored[4096];
  DWORD code = 0;
  while (readable(process) && _read(process->output, ignored, sizeof ignored) > 0) continue;
  if (WaitForSingleObject(handle, (DWORD)limit_seconds() * 1000) != WAIT_OBJECT_0) {
    TerminateProcess(handle, 1);
    check_failed(__FILE__, __LINE__, "%s does not end", process->name);
  }
  CHECK(GetExitCodeProcess(handle, &code));
  if (process->input >= 0) process_close_input(process);
  _close(process->output);
  CloseHandle(handle);
  process->id = -1;
  return (int)code;
}

int run_child(const char *name, const char *first, const char *second) {
  const char *arguments[] = {program_path, "--child", name, first, second, NULL};
  struct process process;
  process_start(&process, arguments);
  return process_wait(&process);
}

int count_descriptors(void) {
  DWORD count = 0;
  CHECK(GetProcessHandleCount(GetCurrentProcess(), &count));
  return (int)count;
}

int count_threads(void) {
  THREADENTRY32 entry = {.dwSize = sizeof entry};
  HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  DWORD own = GetCurrentProcessId();
  int count = 0;
  CHECK(snapshot != INVALID_HANDLE_VALUE);
  if (Thread32First(snapshot, &entry)) {
    do count += entry.th32OwnerProcessID == own;
    while (Thread32Next(snapshot, &entry));
  }
  CloseHandle(snapshot);
  return count;
}

long resident_kilobytes(void) {
  PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
  CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
  return (long)(counters.WorkingSetSize / 1024);
}

size_t heap_in_use(void) { return 0; }

/* The C runtime has a copy of the environment; _putenv_s sets both. */
void set_variable(const char *name, const char *value) { CHECK(_putenv_s(name, value) == 0); }

void *pages_make(size_t size) {
  void *pages = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  CHECK(pages != NULL);
  return pages;
}

void pages_forbid(void *pages, size_t size) {
  DWORD before;
  CHECK(VirtualProtect(pages, size, PAGE_NOACCESS, &before));
}

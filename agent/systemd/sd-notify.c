/*
 * One datagram to the service manager, which takes word from the process of the unit itself (NotifyAccess=main) and not from a child
 * that would run systemd-notify. What is said, and when, is decided in notifier.ts and tell-systemd.ts.
 */
#include <errno.h>
#include <node_api.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { message_bytes = 4096 };

static int send_datagram(const struct sockaddr_un *to, socklen_t to_size, const char *text, size_t size) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int failed = sendto(fd, text, size, MSG_NOSIGNAL, (const struct sockaddr *)to, to_size) < 0 ? errno : 0;
  close(fd);
  return failed;
}

/* notify(socket, message): 0, or the errno of what failed. A path that begins with @ names an abstract socket. */
static napi_value notify(napi_env env, napi_callback_info info) {
  napi_value given[2], answer;
  size_t count = 2, path_size = 0, text_size = 0;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  char text[message_bytes];
  int failed = EINVAL;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) == napi_ok && count == 2 &&
      napi_get_value_string_utf8(env, given[0], to.sun_path, sizeof to.sun_path, &path_size) == napi_ok &&
      napi_get_value_string_utf8(env, given[1], text, sizeof text, &text_size) == napi_ok && path_size > 0) {
    if (to.sun_path[0] == '@') to.sun_path[0] = 0;
    failed = send_datagram(&to, offsetof(struct sockaddr_un, sun_path) + path_size, text, text_size);
  }
  return napi_create_int32(env, failed, &answer) == napi_ok ? answer : NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "notify", NAPI_AUTO_LENGTH, notify, NULL, &function) != napi_ok) return NULL;
  return napi_set_named_property(env, exports, "notify", function) == napi_ok ? exports : NULL;
}

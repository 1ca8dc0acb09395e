/* libmicrohttpd, loaded when a server starts: with the libraries for TLS that it brings it would take 3 milliseconds of
 * every start of the command, and few starts serve anything. */
#ifndef FOVEA_SERVE_LATE_H
#define FOVEA_SERVE_LATE_H

#include <microhttpd.h>

#include <fovea/error.h>

/* Functions of libmicrohttpd, each as MHD_NAME is documented. */
typedef struct fv__mhd {
  struct MHD_Daemon *(*start_daemon)(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                                     void *accept_cls, MHD_AccessHandlerCallback handler, void *handler_cls, ...);
  void (*stop_daemon)(struct MHD_Daemon *daemon);
  struct MHD_Response *(*response_from_buffer)(size_t size, const void *bytes, MHD_ContentReaderFreeCallback release,
                                               void *owner);
  struct MHD_Response *(*response_from_callback)(uint64_t size, size_t block, MHD_ContentReaderCallback reader,
                                                 void *context, MHD_ContentReaderFreeCallback release);
  enum MHD_Result (*add_response_header)(struct MHD_Response *response, const char *name, const char *value);
  enum MHD_Result (*queue_response)(struct MHD_Connection *connection, unsigned int status,
                                    struct MHD_Response *response);
  void (*destroy_response)(struct MHD_Response *response);
  void (*suspend_connection)(struct MHD_Connection *connection);
  void (*resume_connection)(struct MHD_Connection *connection);
  int (*get_connection_values)(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                               MHD_KeyValueIterator iterator, void *context);
  const union MHD_ConnectionInfo *(*get_connection_info)(struct MHD_Connection *connection,
                                                         enum MHD_ConnectionInfoType type, ...);
} fv__mhd;

/* Lent for ever. Errors: FV_ERROR_UNSUPPORTED when this machine lacks the library. */
fv_status fv__mhd_load(const fv__mhd **mhd) FV_CHECK;

#endif

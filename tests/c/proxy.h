/* A TCP proxy between clients and the relay that breaks links on purpose: the program otc-fault-proxy, as a child of the test. Each
 * function returns after its order has taken effect. */
#ifndef TESTS_PROXY_H
#define TESTS_PROXY_H

struct proxy;

/* Starts one on a free port, in front of a port of this machine. */
struct proxy *proxy_start(int target_port);
void proxy_stop(struct proxy *proxy);
int proxy_port(const struct proxy *proxy);

/* Breaks every link now in place with a reset. Returns how many there were. */
int proxy_cut(struct proxy *proxy);

/* While refusing, nothing listens on the port: new links are refused by the system, as when a machine is there and the program
 * is not. Links in place stay. */
void proxy_refuse(struct proxy *proxy, int refuse);

/* While stalling, not a byte moves in either direction and new links are accepted into the silence: a half-open link. */
void proxy_stall(struct proxy *proxy, int stall);

/* Waits until so many links have been accepted since the start. */
void proxy_await(struct proxy *proxy, long accepted);

#endif

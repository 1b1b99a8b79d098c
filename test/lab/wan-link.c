/*
 * A long line between two small networks of its own, to see how p2pshare fares on one.
 *
 *     wan-link [--rtt MS] [--loss PERCENT] [--rate MBIT] [--queue MS] [--tcp-port PORT] [--seed N]
 *
 * There are two network namespaces, A and B, each with one device `wan0` (10.77.0.1 and 10.77.0.2)
 * that leads to the other. In either direction, apart from the other, a packet first waits for the
 * line (it is dropped if that would take longer than --queue), then takes its size by --rate to get
 * onto it, may get lost there (--loss), and arrives half of --rtt later. Sizes are those of IP
 * packets. A rate of 0 has no limit. With --tcp-port no TCP passes but from and to that port.
 *
 * The first line of output says how to get into the namespaces, as JSON. They last until the input
 * ends and the last process in them is gone. Two lines of input are understood:
 *
 *     rate MBIT    from now on, also for what waits already
 *     stats        a line of JSON: counts since the start; mean, greatest and present wait for the
 *                  line, the former two since the last such line
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEVICE "wan0"
#define A_ADDRESS "10.77.0.1"
#define B_ADDRESS "10.77.0.2"

enum {
  MTU_BYTES = 1500,
  DEVICE_QUEUE_PACKETS = 10000,
  PACKETS_PER_TURN = 128,
  /* While packets come, it looks for more only this often, which saves wake-ups. */
  NAP_NS = 100 * 1000,
  COMMAND_BYTES = 256,
};

static const double NS_PER_MS = 1e6;

struct packet {
  struct packet *next;
  uint64_t arrived_ns;
  uint64_t due_ns;
  size_t bytes;
  unsigned char content[];
};

struct fifo {
  struct packet *first;
  struct packet *last;
};

struct waits {
  double sum_ms;
  double max_ms;
  uint64_t count;
};

struct counts {
  uint64_t sent_packets, sent_bytes, lost, dropped, barred;
};

/* One direction: from one device over a waiting room and the line to the other device. */
struct way {
  int from, to;
  struct fifo waiting, travelling;
  uint64_t waiting_bytes;
  uint64_t line_free_ns;
  struct waits waits;
  struct counts counts;
};

static struct {
  double delay_ns, queue_ns, loss, bits_per_ns;
  unsigned tcp_port;
} line = {.queue_ns = 100e6};

static double latest_ms;

static void fail(const char *what) {
  fprintf(stderr, "wan-link: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void push(struct fifo *fifo, struct packet *packet) {
  packet->next = NULL;
  if (fifo->first) fifo->last->next = packet;
  else fifo->first = packet;
  fifo->last = packet;
}

static struct packet *shift(struct fifo *fifo) {
  struct packet *packet = fifo->first;
  fifo->first = packet->next;
  return packet;
}

static uint64_t time_on_line_ns(uint64_t bytes) {
  return line.bits_per_ns > 0 ? (uint64_t)((double)(bytes * 8) / line.bits_per_ns) : 0;
}

/* How long a packet that comes now would wait for the line. */
static uint64_t wait_ns(const struct way *way, uint64_t now) {
  uint64_t rest = way->line_free_ns > now ? way->line_free_ns - now : 0;
  return rest + time_on_line_ns(way->waiting_bytes);
}

static unsigned port_at(const unsigned char *place) { return (unsigned)place[0] << 8 | place[1]; }

static bool is_barred(const unsigned char *content, size_t bytes) {
  if (line.tcp_port == 0) return false;
  bool is_v6 = content[0] >> 4 == 6;
  size_t header_bytes = is_v6 ? 40 : (size_t)(content[0] & 15) * 4;
  if (bytes < header_bytes + 4 || content[is_v6 ? 6 : 9] != IPPROTO_TCP) return false;
  const unsigned char *ports = content + header_bytes;
  return port_at(ports) != line.tcp_port && port_at(ports + 2) != line.tcp_port;
}

static void admit(struct way *way, const unsigned char *content, size_t bytes, uint64_t now) {
  if (is_barred(content, bytes)) {
    way->counts.barred++;
    return;
  }
  if ((double)wait_ns(way, now) > line.queue_ns) {
    way->counts.dropped++;
    return;
  }
  struct packet *packet = malloc(sizeof *packet + bytes);
  if (!packet) fail("memory");
  packet->arrived_ns = now;
  packet->bytes = bytes;
  memcpy(packet->content, content, bytes);
  push(&way->waiting, packet);
  way->waiting_bytes += bytes;
}

static void note_wait(struct waits *waits, double ms) {
  waits->sum_ms += ms;
  waits->count++;
  if (ms > waits->max_ms) waits->max_ms = ms;
}

/* Puts on the line what has had its turn by now, at the time of that turn. */
static void put_on_line(struct way *way, uint64_t now) {
  while (way->waiting.first) {
    uint64_t arrived = way->waiting.first->arrived_ns;
    uint64_t start = way->line_free_ns > arrived ? way->line_free_ns : arrived;
    if (start > now) return;
    struct packet *packet = shift(&way->waiting);
    way->waiting_bytes -= packet->bytes;
    way->line_free_ns = start + time_on_line_ns(packet->bytes);
    way->counts.sent_packets++;
    way->counts.sent_bytes += packet->bytes;
    note_wait(&way->waits, (double)(start - arrived) / NS_PER_MS);
    if (line.loss > 0 && drand48() < line.loss) {
      way->counts.lost++;
      free(packet);
    } else {
      packet->due_ns = way->line_free_ns + (uint64_t)line.delay_ns;
      push(&way->travelling, packet);
    }
  }
}

static void hand_over(struct way *way, uint64_t now) {
  while (way->travelling.first && way->travelling.first->due_ns <= now) {
    struct packet *packet = shift(&way->travelling);
    double late_ms = (double)(now - packet->due_ns) / NS_PER_MS;
    if (late_ms > latest_ms) latest_ms = late_ms;
    if (write(way->to, packet->content, packet->bytes) < 0 && errno != EIO) fail("write");
    free(packet);
  }
}

/* Whether there was anything. */
static bool take_in(struct way *way) {
  unsigned char content[MTU_BYTES];
  int taken = 0;
  for (; taken < PACKETS_PER_TURN; taken++) {
    ssize_t bytes = read(way->from, content, sizeof content);
    if (bytes <= 0) break;
    uint64_t now = now_ns();
    put_on_line(way, now);
    admit(way, content, (size_t)bytes, now);
  }
  return taken > 0;
}

/* When something has to be done next, if nothing comes. */
static uint64_t next_ns(const struct way *way) {
  uint64_t next = UINT64_MAX;
  if (way->travelling.first) next = way->travelling.first->due_ns;
  if (way->waiting.first && way->line_free_ns < next) next = way->line_free_ns;
  return next;
}

static void print_way(const char *name, struct way *way) {
  const struct counts *counts = &way->counts;
  struct waits *waits = &way->waits;
  printf(",\"%s\":{\"sentPackets\":%lu,\"sentBytes\":%lu,\"lostPackets\":%lu,", name,
         counts->sent_packets, counts->sent_bytes, counts->lost);
  printf("\"droppedPackets\":%lu,\"barredPackets\":%lu,", counts->dropped, counts->barred);
  printf("\"waitMs\":%.3f,\"meanWaitMs\":%.3f,\"maxWaitMs\":%.3f}",
         (double)wait_ns(way, now_ns()) / NS_PER_MS,
         waits->count > 0 ? waits->sum_ms / (double)waits->count : 0, waits->max_ms);
  *waits = (struct waits){0};
}

static void print_stats(struct way ways[2]) {
  printf("{\"rateMbit\":%g,\"latestMs\":%.3f", line.bits_per_ns * 1e3, latest_ms);
  print_way("aToB", &ways[0]);
  print_way("bToA", &ways[1]);
  printf("}\n");
  fflush(stdout);
  latest_ms = 0;
}

static void obey(const char *command, struct way ways[2]) {
  double rate_mbit;
  if (strcmp(command, "stats") == 0) print_stats(ways);
  else if (sscanf(command, "rate %lf", &rate_mbit) == 1) line.bits_per_ns = rate_mbit / 1e3;
  else fprintf(stderr, "wan-link: no such command: %s\n", command);
}

static void read_commands(struct way ways[2]) {
  static char text[COMMAND_BYTES];
  static size_t length;
  ssize_t bytes = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
  if (bytes <= 0) exit(0);
  length += (size_t)bytes;
  text[length] = '\0';
  char *start = text;
  for (char *end; (end = strchr(start, '\n')); start = end + 1) {
    *end = '\0';
    obey(start, ways);
  }
  length = strlen(start);
  memmove(text, start, length);
}

static void wait_for_work(struct way ways[2], bool is_busy) {
  uint64_t now = now_ns();
  uint64_t a = next_ns(&ways[0]), b = next_ns(&ways[1]);
  uint64_t next = a < b ? a : b;
  uint64_t pause = is_busy ? NAP_NS : next == UINT64_MAX ? 0 : next > now ? next - now : 1;
  struct timespec limit = {(time_t)(pause / 1000000000), (long)(pause % 1000000000)};
  struct pollfd files[] = {
      {STDIN_FILENO, POLLIN, 0}, {ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}};
  if (ppoll(files, is_busy ? 1 : 3, pause > 0 ? &limit : NULL, NULL) > 0 && files[0].revents != 0) {
    read_commands(ways);
  }
}

static void carry(struct way ways[2]) {
  for (;;) {
    bool is_busy = false;
    for (int i = 0; i < 2; i++) {
      if (take_in(&ways[i])) is_busy = true;
      put_on_line(&ways[i], now_ns());
      hand_over(&ways[i], now_ns());
    }
    wait_for_work(ways, is_busy);
  }
}

static void ask(int socket, unsigned long request, struct ifreq *about, const char *what) {
  if (ioctl(socket, request, about) < 0) fail(what);
}

static void start_device(const char *name, const char *address) {
  struct ifreq about = {0};
  int control = socket(AF_INET, SOCK_DGRAM, 0);
  strcpy(about.ifr_name, name);
  if (address) {
    struct sockaddr_in *place = (struct sockaddr_in *)&about.ifr_addr;
    place->sin_family = AF_INET;
    inet_pton(AF_INET, address, &place->sin_addr);
    ask(control, SIOCSIFADDR, &about, "address");
    inet_pton(AF_INET, "255.255.255.0", &place->sin_addr);
    ask(control, SIOCSIFNETMASK, &about, "network mask");
    about.ifr_mtu = MTU_BYTES;
    ask(control, SIOCSIFMTU, &about, "MTU");
    about.ifr_qlen = DEVICE_QUEUE_PACKETS;
    ask(control, SIOCSIFTXQLEN, &about, "device queue");
  }
  ask(control, SIOCGIFFLAGS, &about, "flags");
  about.ifr_flags |= IFF_UP;
  ask(control, SIOCSIFFLAGS, &about, "device up");
  close(control);
}

/* Goes into a new namespace and gives back its device; `*namespace` keeps the namespace. */
static int make_side(const char *address, int *namespace) {
  if (unshare(CLONE_NEWNET) < 0) fail("network namespace");
  *namespace = open("/proc/self/ns/net", O_RDONLY);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (*namespace < 0 || device < 0) fail("/dev/net/tun");
  struct ifreq wanted = {.ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI};
  ask(device, TUNSETIFF, &wanted, "TUN device");
  start_device("lo", NULL);
  start_device(DEVICE, address);
  return device;
}

static void read_options(int argc, char **argv) {
  static const struct option known[] = {
      {"rtt", 1, NULL, 'd'},   {"loss", 1, NULL, 'l'},     {"rate", 1, NULL, 'r'},
      {"queue", 1, NULL, 'q'}, {"tcp-port", 1, NULL, 't'}, {"seed", 1, NULL, 's'},
      {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    double value = optarg ? atof(optarg) : 0;
    if (option == 'd') line.delay_ns = value / 2 * NS_PER_MS;
    else if (option == 'l') line.loss = value / 100;
    else if (option == 'r') line.bits_per_ns = value / 1e3;
    else if (option == 'q') line.queue_ns = value * NS_PER_MS;
    else if (option == 't') line.tcp_port = (unsigned)value;
    else if (option == 's') srand48((long)value);
    else exit(2);
  }
}

int main(int argc, char **argv) {
  srand48(1);
  read_options(argc, argv);
  int a_namespace, b_namespace;
  int a = make_side(A_ADDRESS, &a_namespace);
  int b = make_side(B_ADDRESS, &b_namespace);
  struct way ways[2] = {{.from = a, .to = b}, {.from = b, .to = a}};
  /* What it simulates must not depend on how busy the programs at its ends are. Without the right
     to that it still works. */
  struct sched_param urgent = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &urgent);
  prctl(PR_SET_TIMERSLACK, 1000);
  printf("{\"namespaces\":[\"/proc/%d/fd/%d\",\"/proc/%d/fd/%d\"],", getpid(), a_namespace,
         getpid(), b_namespace);
  printf("\"addresses\":[\"%s\",\"%s\"]}\n", A_ADDRESS, B_ADDRESS);
  fflush(stdout);
  carry(ways);
}

/* A model that never thinks: the deterministic server against which runners are measured.

   One thread, epoll, keep-alive, a few microseconds of CPU a request, so that it is never the bottleneck.
   It speaks OpenAI's chat and completions shapes. The answer is a function of the ticket number in the
   prompt, so a score below 1.0 is the runner's fault, and every request beyond the first for a ticket is a
   retry that the runner must own. `GET /stats` tells what was seen.

     server [--port 0] [--latency-ms 100] [--jitter-ms 0]

   Prints "listening PORT" and ends when its standard input does, so it can't outlive whoever started it.
   Latency is told apart for each ticket by a hash of its number: the same ticket is equally slow in every
   tool. Linux only (epoll, timerfd). No part of the product. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICKETS (1 << 20)
#define REQUEST_LIMIT (1 << 20)
#define ANSWER_LIMIT 4096
#define EVENTS 512

typedef struct connection {
    int fd;
    int asked;                /* has sent at least one question: /stats alone is no connection of a tool */
    int waiting;              /* an answer is due at `due` */
    int chat;                 /* shape of the answer */
    int leaving;              /* close once the answer is out */
    int watching_write;
    uint32_t ticket;
    uint64_t due;             /* nanoseconds, monotonic */
    size_t heap_place;
    size_t got, room;         /* request bytes held, and allocated */
    char *in;
    size_t out_from, out_to;  /* part of `out` not yet written */
    char out[ANSWER_LIMIT];
    struct connection *next_dead;
} connection;

static int poller, alarm_fd;
static uint64_t latency_ns = 100000000u, jitter_ns;
static uint64_t armed_for;
static uint16_t seen[TICKETS];
static connection **heap;
static size_t heap_size, heap_room;
static connection *dead;

static struct {
    uint64_t requests, answers, distinct, extra, bad, connections, in_flight, most_in_flight, most_per_id;
    uint64_t first_ns, last_ns;
} stats;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Steele, Lea and Flood's SplitMix64 finaliser: a well-mixed function of the ticket. */
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The rule that `tickets.py` states as well. */
static unsigned answer_of(uint32_t ticket) { return (unsigned)(((uint64_t)ticket * 7919u + 13u) % 100003u); }

static uint64_t delay_of(uint32_t ticket) {
    if (jitter_ns == 0) return latency_ns;
    return latency_ns - jitter_ns + mix(ticket) % (2 * jitter_ns + 1);
}

/* ---- answers due, the earliest on top ---- */

static void put_at(size_t place, connection *c) {
    heap[place] = c;
    c->heap_place = place;
}

static void sift_up(size_t place, connection *c) {
    while (place > 0 && heap[(place - 1) / 2]->due > c->due) {
        put_at(place, heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(place, c);
}

static void sift_down(size_t place, connection *c) {
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap_size) break;
        if (child + 1 < heap_size && heap[child + 1]->due < heap[child]->due) child++;
        if (heap[child]->due >= c->due) break;
        put_at(place, heap[child]);
        place = child;
    }
    put_at(place, c);
}

static void heap_push(connection *c) {
    if (heap_size == heap_room) {
        heap_room = heap_room ? 2 * heap_room : 256;
        heap = realloc(heap, heap_room * sizeof *heap);
        if (heap == NULL) die("realloc");
    }
    sift_up(heap_size++, c);
}

static void heap_remove(connection *c) {
    size_t place = c->heap_place;
    connection *last = heap[--heap_size];
    if (last == c) return;
    if (place > 0 && heap[(place - 1) / 2]->due > last->due)
        sift_up(place, last);
    else
        sift_down(place, last);
}

static void arm(void) {
    if (heap_size == 0 || (armed_for != 0 && armed_for <= heap[0]->due)) return;
    struct itimerspec when = {0};
    armed_for = heap[0]->due;
    when.it_value.tv_sec = (time_t)(armed_for / 1000000000u);
    when.it_value.tv_nsec = (long)(armed_for % 1000000000u);
    if (timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0) die("timerfd_settime");
}

/* ---- connections ---- */

static void hang_up(connection *c) {
    if (c->fd < 0) return;
    if (c->waiting) {
        heap_remove(c);
        stats.in_flight--;
    }
    close(c->fd);
    c->fd = -1;
    c->next_dead = dead;  /* freed after this batch of events: one of them may still name it */
    dead = c;
}

static void watch(connection *c, int writing) {
    if (c->watching_write == writing) return;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (writing ? EPOLLOUT : 0u), .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e) < 0) die("epoll_ctl");
    c->watching_write = writing;
}

static int flush_out(connection *c) {
    while (c->out_from < c->out_to) {
        ssize_t n = send(c->fd, c->out + c->out_from, c->out_to - c->out_from, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            watch(c, 1);
            return 0;
        }
        if (n <= 0) {
            hang_up(c);
            return -1;
        }
        c->out_from += (size_t)n;
    }
    watch(c, 0);
    if (c->leaving) {
        hang_up(c);
        return -1;
    }
    return 0;
}

static int respond(connection *c, const char *status, const char *body, size_t size) {
    int head = snprintf(c->out, sizeof c->out,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                        "Connection: %s\r\n\r\n",
                        status, size, c->leaving ? "close" : "keep-alive");
    if ((size_t)head + size > sizeof c->out) die("an answer larger than its buffer");
    memcpy(c->out + head, body, size);
    c->out_from = 0;
    c->out_to = (size_t)head + size;
    return flush_out(c);
}

static int answer(connection *c) {
    char text[1024], body[3072];
    unsigned value = answer_of(c->ticket);
    int words = snprintf(text, sizeof text,
        "We start from the ticket number %u and follow the rule one step at a time. Multiplying it by the "
        "first constant and adding the second gives a large number, and the remainder after division by the "
        "third constant is what was asked for. I checked the division twice. The answer is %u.",
        c->ticket, value);
    if (words < 0 || (size_t)words >= sizeof text) die("snprintf");
    const char *usage = "\"usage\":{\"prompt_tokens\":80,\"completion_tokens\":70,\"total_tokens\":150}";
    int size = c->chat
        ? snprintf(body, sizeof body,
              "{\"id\":\"chatcmpl-%08x\",\"object\":\"chat.completion\",\"created\":1700000000,"
              "\"model\":\"ticket-model-1\",\"system_fingerprint\":\"fp_tickets\",\"choices\":[{\"index\":0,"
              "\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},\"logprobs\":null,"
              "\"finish_reason\":\"stop\"}],%s}",
              c->ticket, text, usage)
        : snprintf(body, sizeof body,
              "{\"id\":\"cmpl-%08x\",\"object\":\"text_completion\",\"created\":1700000000,"
              "\"model\":\"ticket-model-1\",\"choices\":[{\"index\":0,\"text\":\"%s\",\"logprobs\":null,"
              "\"finish_reason\":\"stop\"}],%s}",
              c->ticket, text, usage);
    if (size < 0 || (size_t)size >= sizeof body) die("snprintf");
    c->waiting = 0;
    stats.in_flight--;
    stats.answers++;
    stats.last_ns = now_ns();
    return respond(c, "200 OK", body, (size_t)size);
}

static int refuse(connection *c, const char *status, const char *why) {
    char body[512];
    stats.bad++;
    int size = snprintf(body, sizeof body, "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\"}}", why);
    return respond(c, status, body, (size_t)size);
}

static int tell_stats(connection *c) {
    char body[1024];
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    double span = stats.answers ? (double)(stats.last_ns - stats.first_ns) / 1e9 : 0.0;
    int size = snprintf(body, sizeof body,
        "{\"requests\":%llu,\"answers\":%llu,\"distinct\":%llu,\"extra\":%llu,\"most_per_id\":%llu,"
        "\"bad\":%llu,\"connections\":%llu,\"most_in_flight\":%llu,\"span_s\":%.6f,\"cpu_s\":%.6f}",
        (unsigned long long)stats.requests, (unsigned long long)stats.answers,
        (unsigned long long)stats.distinct, (unsigned long long)stats.extra,
        (unsigned long long)stats.most_per_id, (unsigned long long)stats.bad,
        (unsigned long long)stats.connections, (unsigned long long)stats.most_in_flight, span, cpu);
    return respond(c, "200 OK", body, (size_t)size);
}

static int ask(connection *c, const char *body, size_t size) {
    static const char mark[] = "ticket number ";
    uint64_t at = now_ns();
    stats.requests++;
    if (stats.first_ns == 0) stats.first_ns = at;
    if (!c->asked) {
        c->asked = 1;
        stats.connections++;
    }
    const char *place = memmem(body, size, mark, sizeof mark - 1), *end = body + size;
    if (place == NULL) return refuse(c, "400 Bad Request", "the prompt names no ticket number");
    uint32_t ticket = 0;
    for (place += sizeof mark - 1; place < end && *place >= '0' && *place <= '9' && ticket < TICKETS; place++)
        ticket = ticket * 10 + (uint32_t)(*place - '0');
    if (ticket >= TICKETS) return refuse(c, "400 Bad Request", "the ticket number is too large");
    if (seen[ticket]++ == 0)
        stats.distinct++;
    else
        stats.extra++;
    if (seen[ticket] > stats.most_per_id) stats.most_per_id = seen[ticket];
    c->ticket = ticket;
    c->due = at + delay_of(ticket);
    c->waiting = 1;
    if (++stats.in_flight > stats.most_in_flight) stats.most_in_flight = stats.in_flight;
    if (latency_ns == 0) {
        c->heap_place = 0;
        return answer(c);
    }
    heap_push(c);
    arm();
    return 0;
}

/* The value of a header in the (zero-terminated) head, or NULL. */
static const char *header(const char *head, const char *name) {
    size_t size = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, size) == 0 && line[2 + size] == ':') {
            line += 3 + size;
            while (*line == ' ') line++;
            return line;
        }
    return NULL;
}

/* Take one whole request out of the buffer, if there is one. */
static int serve(connection *c) {
    while (c->fd >= 0 && !c->waiting && c->out_from == c->out_to && c->got > 0) {
        char *head_end = memmem(c->in, c->got, "\r\n\r\n", 4);
        if (head_end == NULL) return 0;
        size_t head = (size_t)(head_end - c->in) + 4;
        head_end[2] = 0;  /* the blank line: nobody reads it again, unless the body is not yet whole */
        const char *length = header(c->in, "Content-Length"), *closing = header(c->in, "Connection");
        size_t body = length ? strtoul(length, NULL, 10) : 0;
        int unsized = length == NULL && c->in[0] == 'P';
        c->leaving = closing != NULL && strncasecmp(closing, "close", 5) == 0;
        int is_stats = strncmp(c->in, "GET /stats ", 11) == 0;
        int is_models = strncmp(c->in, "GET /v1/models", 14) == 0;
        c->chat = strncmp(c->in, "POST /v1/chat/completions ", 26) == 0;
        int is_completion = strncmp(c->in, "POST /v1/completions ", 21) == 0;
        head_end[2] = '\r';
        if (body > REQUEST_LIMIT) {
            hang_up(c);
            return -1;
        }
        if (c->got < head + body) return 0;
        int gone;
        if (unsized) {
            c->leaving = 1;
            gone = refuse(c, "411 Length Required", "a request needs its Content-Length");
        } else if (c->chat || is_completion)
            gone = ask(c, c->in + head, body);
        else if (is_stats)
            gone = tell_stats(c);
        else if (is_models) {
            static const char models[] = "{\"object\":\"list\",\"data\":[{\"id\":\"tickets\",\"object\":\"model\"}]}";
            gone = respond(c, "200 OK", models, sizeof models - 1);
        } else
            gone = refuse(c, "404 Not Found", "chat/completions, completions, models and stats are served");
        if (gone < 0) return -1;
        c->got -= head + body;
        memmove(c->in, c->in + head + body, c->got);
    }
    return 0;
}

static void receive(connection *c) {
    for (;;) {
        if (c->got + 2048 > c->room) {
            c->room = c->room ? 2 * c->room : 8192;
            c->in = c->room > 2 * REQUEST_LIMIT ? NULL : realloc(c->in, c->room);
            if (c->in == NULL) die("a request larger than its buffer");
        }
        size_t room = c->room - c->got;
        ssize_t n = recv(c->fd, c->in + c->got, room, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            hang_up(c);
            return;
        }
        c->got += (size_t)n;
        if ((size_t)n < room) break;
    }
    serve(c);
}

static void welcome(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
        if (fd < 0) {
            if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
            die("accept4");
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connection *c = calloc(1, sizeof *c);
        if (c == NULL) die("calloc");
        c->fd = fd;
        struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) < 0) die("epoll_ctl");
    }
}

static void answer_those_due(void) {
    uint64_t expirations;
    if (read(alarm_fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("read");
    armed_for = 0;
    while (heap_size > 0 && heap[0]->due <= now_ns()) {
        connection *c = heap[0];
        heap_remove(c);
        if (answer(c) == 0) serve(c);
    }
    arm();
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
    if (listen(fd, 4096) < 0) die("listen");
    socklen_t size = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &size) < 0) die("getsockname");
    printf("listening %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void read_flags(int argc, char **argv, int *port) {
    for (int i = 1; i + 1 < argc; i += 2) {
        double value = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--port") == 0)
            *port = (int)value;
        else if (strcmp(argv[i], "--latency-ms") == 0)
            latency_ns = (uint64_t)(value * 1e6);
        else if (strcmp(argv[i], "--jitter-ms") == 0)
            jitter_ns = (uint64_t)(value * 1e6);
        else {
            fprintf(stderr, "unknown flag %s\n", argv[i]);
            exit(2);
        }
    }
    if (jitter_ns > latency_ns) {
        fprintf(stderr, "the jitter is larger than the latency\n");
        exit(2);
    }
}

int main(int argc, char **argv) {
    int port = 0;
    read_flags(argc, argv, &port);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (poller < 0 || alarm_fd < 0) die("epoll or timerfd");
    int listener = listen_on(port), input = STDIN_FILENO;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &listener};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e) < 0) die("epoll_ctl");
    e.data.ptr = &alarm_fd;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, alarm_fd, &e) < 0) die("epoll_ctl");
    e.data.ptr = &input;
    int follows_input = epoll_ctl(poller, EPOLL_CTL_ADD, input, &e) == 0;  /* a file can't be polled */
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(poller, events, EVENTS, -1);
        if (n < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < n; i++) {
            void *who = events[i].data.ptr;
            if (who == &listener)
                welcome(listener);
            else if (who == &alarm_fd)
                answer_those_due();
            else if (who == &input && follows_input) {
                char ignored[64];
                if (read(input, ignored, sizeof ignored) <= 0) return 0;
            } else {
                connection *c = who;
                if (c->fd >= 0 && (events[i].events & EPOLLOUT)) {
                    if (flush_out(c) == 0) serve(c);
                }
                if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))) receive(c);
            }
        }
        while (dead != NULL) {
            connection *c = dead;
            dead = c->next_dead;
            free(c->in);
            free(c);
        }
    }
}

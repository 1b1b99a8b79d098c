/** Every bound and timeout, each with its reason. Sizes in bytes, times in milliseconds. */

export const KIB = 1024
export const MIB = 1024 * KIB

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

// --- Share codes ---------------------------------------------------------------------------

/** 22 bits: one guess in four million, for a code that a person reads out. */
export const WORDS_AT_TERMINAL = 2
/** 44 bits: scripts make many codes, and an attacker may try each once. */
export const WORDS_IN_SCRIPTS = 4
export const MIN_WORDS = 2
export const MAX_WORDS = 8
/** 44 bits: whoever guessed a code cannot make two sessions show the same by chance or trying. */
export const VERIFICATION_WORDS = 4
/** A secret somebody made up has less entropy per letter than words do. */
export const MIN_CUSTOM_SECRET_LENGTH = 8
/** Longer than anything a person types; bounds the work of parsing. */
export const MAX_CODE_LENGTH = 512
/** Whoever writes the code to a pipe may have to ask somebody for it; not a person. */
export const CODE_FILE_TIMEOUT_MS = 30 * SECOND_MS
export const MAX_NAMEPLATE_LENGTH = 32
/** The longest host name has 253 characters; real ones leave room for a scheme and a port. */
export const MAX_CODE_SERVER_LENGTH = 255
/** How many words of the list an error or a completion offers. */
export const MAX_WORD_SUGGESTIONS = 3

// --- Secure session ------------------------------------------------------------------------

/** An SDP of ours has under 1 KiB; a browser's with candidates in it under 8. */
export const MAX_SDP_BYTES = 16 * KIB
/** Five networks, two address families, three kinds of candidate, doubled. */
export const MAX_CANDIDATES = 64
/** Sealed messages are padded to a multiple of this, so that their sizes say little. */
export const SEALED_PADDING_BYTES = KIB
/** The largest SDP as JSON, padded; in base64 it stays below a rendezvous message. */
export const MAX_SEALED_BYTES = 20 * KIB
/** A handful of feature names; bounds what an unconfirmed peer can make us hash. */
export const MAX_CAPABILITIES_BYTES = 256
/**
 * Frames sealed under one key: eight days at 100,000 a second. Full ones come to 2^50 AES blocks,
 * which by the birthday bound of 128-bit blocks gives an attacker a chance of 2^-29.
 */
export const MAX_FRAMES_PER_KEY = 2 ** 36
/** From the moment both are there to the first sealed message: a few round trips. */
export const HANDSHAKE_TIMEOUT_MS = 15 * SECOND_MS

// --- Rendezvous ----------------------------------------------------------------------------

export const DEFAULT_RENDEZVOUS_PORT = 7342
/**
 * Several sends on one machine each take the next port of this many, and a receiver on that
 * machine asks all of them, so that they meet without multicast.
 */
export const LOCAL_RENDEZVOUS_PORTS = 8
/** The largest sealed SDP, base64 and padded, and room to spare. */
export const MAX_RENDEZVOUS_MESSAGE_BYTES = 32 * KIB
/** What is left for the message itself once it is base64 inside its packet. */
export const MAX_RENDEZVOUS_PAYLOAD_BYTES = 24_000
/** A handshake and 64 candidates from both sides take fewer. */
export const MAX_MAILBOX_MESSAGES = 200
export const MAX_MAILBOX_BYTES = 512 * KIB
export const MAX_MAILBOXES = 10_000
export const MAX_SOCKETS = 20_000
/**
 * A hundred jobs of a CI, both sides behind one address: a sender has two while it transfers, a
 * receiver two while it looks for a lost one. It takes fifty such addresses to fill a server.
 */
export const MAX_SOCKETS_PER_ADDRESS = 400
/**
 * Each claim may be a guess. At one a second the hundred jobs above are all served in four minutes
 * (a client that is told `busy` asks again), and a scan of four-digit nameplates takes hours.
 */
export const MAX_CLAIMS_PER_MINUTE = 60
/** A pairing takes at most MAX_MAILBOX_MESSAGES of them; more is a flood. */
export const MAX_PACKETS_PER_MINUTE = 1200
/** Nameplates widen under load up to a million; more digits nobody reads out. */
export const MAX_NAMEPLATE_DIGITS = 6
/** About 20 MB; when there are more, the one that rested longest is forgotten. */
export const MAX_RESTING_NAMEPLATES = 100_000
/** A reader slower than this much backlog is dropped rather than buffered for. */
export const MAX_OUTBOUND_BACKLOG_BYTES = 64 * KIB
/** How long a nameplate rests after use, so that a late guess does not meet a new sender. */
export const NAMEPLATE_REST_MS = HOUR_MS
/** How long a mailbox may wait for its second side; clients wait at most this long. */
export const MAILBOX_WAIT_MS = 24 * HOUR_MS
/** Receivers that wait for their turn at one nameplate: as many as a sender serves (MAX_RECEIVERS). */
export const MAX_RECEIVERS_IN_LINE = 100
/** How long a pair may stay without a message before its receiver is let go; the sender waits on. */
export const MAILBOX_IDLE_MS = 15 * MINUTE_MS
export const SOCKET_CONNECT_TIMEOUT_MS = 10 * SECOND_MS
export const SERVER_PING_INTERVAL_MS = 20 * SECOND_MS
export const SERVER_PING_TIMEOUT_MS = 25 * SECOND_MS
export const SERVER_HEADERS_TIMEOUT_MS = 5 * SECOND_MS
export const SERVER_REQUEST_TIMEOUT_MS = 10 * SECOND_MS
export const SERVER_SHUTDOWN_TIMEOUT_MS = 3 * SECOND_MS
/** One attempt to reach a rendezvous, TLS included; a second one follows within the wait. */
export const RENDEZVOUS_CONNECT_TIMEOUT_MS = 8 * SECOND_MS
/**
 * So long a network without a way to the rendezvous is given to find one: Linux asks three times, a
 * second each, who has an address, and says so at once to whoever comes when it has asked in vain.
 */
export const RENDEZVOUS_NO_WAY_MS = 3 * SECOND_MS
/** An answer of a rendezvous that is there. */
export const RENDEZVOUS_ANSWER_TIMEOUT_MS = 10 * SECOND_MS
/** How long a goodbye may take before the connection is cut. */
export const RENDEZVOUS_CLOSE_TIMEOUT_MS = SECOND_MS
/**
 * A client asks so often whether its rendezvous is still there, and gives it two of these to
 * answer: a dead connection is noticed sooner than that of a transfer (SILENCE_TIMEOUT_MS).
 */
export const RENDEZVOUS_PING_INTERVAL_MS = 5 * SECOND_MS
/** The first pause before a lost or busy rendezvous is tried again; it doubles up to the second. */
export const RENDEZVOUS_RETRY_DELAY_MS = SECOND_MS / 2
export const MAX_RENDEZVOUS_RETRY_DELAY_MS = 4 * SECOND_MS
/** Longer than a restart of the server takes, or a hundred CI jobs need to be served in turn. */
export const RENDEZVOUS_RETRY_LIMIT_MS = 5 * MINUTE_MS
/** Expiry counts in minutes, so looking at it every few seconds is exact enough. */
export const SERVER_SWEEP_INTERVAL_MS = 5 * SECOND_MS
/** How many ICE servers a rendezvous may name. */
export const MAX_ICE_SERVERS = 8
/** All their URLs together: two transports of eight. Each relay among them is asked by every lane. */
export const MAX_ICE_URLS = 16
/**
 * How long a relay takes a credential, for beginning: the longest that a lane may be added after
 * the two sides met. What is on the relay by then stays there.
 */
export const TURN_CREDENTIAL_LIFETIME_MS = HOUR_MS
/** Whoever is handed a credential can guess at a shorter secret at home, billions of times a second. */
export const MIN_TURN_SECRET_LENGTH = 16
/** Longer than the key of any HMAC needs to be. */
export const MAX_TURN_SECRET_LENGTH = 256

// --- Relay ---------------------------------------------------------------------------------

/** RFC 8656, section 17: where STUN servers and relays are looked for. */
export const RELAY_PORT = 3478
/** Of HTTPS: the port that firewalls let through when they let nothing else. */
export const RELAY_FIREWALL_PORT = 443
/** One of each address family; each costs every lane two more allocations. */
export const MAX_RELAY_ADDRESSES = 2
/** Sixteen lanes, over two transports to two addresses, from two networks. */
export const MAX_RELAY_ALLOCATIONS_PER_SIDE = 128
/** Of the 16384 ports that a relay has for them: some 250 transfers of four lanes each. */
export const MAX_RELAY_ALLOCATIONS = 4096
/** Each way and allocation: a whole line of a gigabit, so that no lane takes more than that. */
export const MAX_RELAY_BYTES_PER_SECOND = 125_000_000
/** Coturn starts in a fraction of a second; a busy machine takes its time. */
export const RELAY_START_TIMEOUT_MS = 15 * SECOND_MS
/** How often a relay that starts is asked whether it is there. */
export const RELAY_PROBE_INTERVAL_MS = 100
/** It is killed when its input ends; longer than this only a stuck kernel takes. */
export const RELAY_STOP_TIMEOUT_MS = SECOND_MS
/** Soon enough for a transfer over it to go on; it doubles up to the second. */
export const RELAY_RESTART_DELAY_MS = SECOND_MS / 4
export const MAX_RELAY_RESTART_DELAY_MS = 30 * SECOND_MS
/** A relay that ran for so long did not die of how it was started. */
export const RELAY_STEADY_MS = MINUTE_MS
/** Different complaints of a relay; more of them say nothing new. */
export const MAX_RELAY_LOG_LINES_PER_MINUTE = 20

// --- Local network -------------------------------------------------------------------------

/** RFC 6762, section 17. */
export const MAX_MDNS_MESSAGE_BYTES = 9000
/** A busy office's answers have dozens of records; more only make us work. */
export const MAX_MDNS_RECORDS = 256
/** Each question that we know is answered on its own; the busiest of real queries ask a dozen. */
export const MAX_MDNS_QUESTIONS = 16
/** More services than people who send at once in one network. */
export const MAX_LAN_SERVICES = 64
/** Addresses of one service that are worth a try: a machine on a few networks. */
export const MAX_LAN_ADDRESSES = 4
/** RFC 6762, section 5.2: a second at first, then twice as long each time. */
export const LAN_QUERY_INTERVAL_MS = SECOND_MS
export const MAX_LAN_QUERY_INTERVAL_MS = MINUTE_MS
/** A goodbye is one packet; nobody waits for it longer than this. */
export const LAN_CLOSE_TIMEOUT_MS = SECOND_MS / 2

/** Two senders on one network have different nameplates, nearly always. */
export const EMBEDDED_NAMEPLATE_DIGITS = 4
/** How often a receiver looks again for a sender on its own machine. */
export const LOCAL_SEARCH_INTERVAL_MS = SECOND_MS
/** A sender on the local network is at its rendezvous, so that pairing takes a moment. */
export const LAN_PAIRING_MS = SECOND_MS
/** How soon an address on the local network is asked again where nothing answered. */
export const LAN_RETRY_MS = 5 * SECOND_MS
/** Rendezvous servers that a receiver waits at; more on one network are not ours. */
export const MAX_LOCAL_MEETINGS = 16

// --- Waiting -------------------------------------------------------------------------------

/** A colleague who is at lunch. */
export const DEFAULT_SEND_WAIT_MS = HOUR_MS
/** Long enough for the sender to type the command, short enough to notice a mistyped code. */
export const DEFAULT_RECEIVE_WAIT_MS = 10 * MINUTE_MS

// --- Several receivers ---------------------------------------------------------------------

/** A class, a team, a fleet of machines; what more than that need is a server for downloads. */
export const MAX_RECEIVERS = 100
/** Transfers side by side; each takes some 10 MiB and a line of the table. Others wait their turn. */
export const MAX_RECEIVERS_AT_ONCE = 50
/** Results told in the end, a few hundred bytes each; older ones are only counted. */
export const MAX_RECEIVER_RESULTS = 10_000
/** Each code that is made is good for one guess: with two words these come to one in 400,000. */
export const MAX_BURNED_CODES = 10
/** What all transfers together may have under way, open, or read ahead, each an equal part. */
export const MAX_SHARED_FLIGHT_BYTES = 64 * MIB
export const MAX_SHARED_READ_AHEAD_BLOCKS = 64
/** Beside the first of each; a lane takes some 70 descriptors where several addresses can be reached over TCP. */
export const MAX_SHARED_LANES = 32
/** For each transfer, where there are several: with 50 of them, well below what systems allow. */
export const SHARED_SOURCE_DESCRIPTORS = 4
/**
 * A sender of several takes up so late the places where each comes back that most never need one:
 * a claim each counts for its address. Before that, a loss that it has noticed itself brings it there.
 */
export const CROWD_LOOKOUT_DELAY_MS = 20 * SECOND_MS

// --- Lost connections ----------------------------------------------------------------------

/** A machine that changes its network, a router that restarts, a program that is started again. */
export const DEFAULT_RECONNECT_MS = 2 * MINUTE_MS
/** One attempt to reach the rendezvous again; the network may be another one at the next. */
export const RECONNECT_ATTEMPT_MS = 5 * SECOND_MS
/** Most transfers are over before this, and need no place to meet again. */
export const LOOKOUT_DELAY_MS = 2 * SECOND_MS
/**
 * So long without a message or a packet, and a receiver looks whether the sender was started again;
 * nothing is given up for it. A sender that lives says something in less (KEEPALIVE_INTERVAL_MS).
 */
export const QUIET_SENDER_MS = 4 * SECOND_MS
/** The same for a connection that ended at once: two that both live have met again before this. */
export const RESTARTED_SENDER_DELAY_MS = 10 * SECOND_MS
/**
 * So long a receiver that is done waits for a sender that may not have heard of it: a network that
 * was gone for half a minute, and meeting again. Longer would be a pity where everything is saved.
 */
export const LAST_WORDS_MS = MINUTE_MS
/** So often the address that a connection comes from is looked for, at almost no cost. */
export const ADDRESS_CHECK_INTERVAL_MS = SECOND_MS
/** It is gone when so many looks in a row missed it: DHCP may take one away and give it back. */
export const ADDRESS_CHECKS = 3
/** The sender stops sending as the first lane ends; then the others can be closed without harm. */
export const LOST_LANES_GRACE_MS = SECOND_MS

// --- Peer connection -----------------------------------------------------------------------

/**
 * A path that there is has been found after a few seconds, one over TCP by a relay included. With
 * meeting before it and explaining after it, both sides end within 20 s. The engine itself gives up
 * after 15 to 30 s, or never.
 */
export const CONNECT_TIMEOUT_MS = 15 * SECOND_MS
/** So long a side that found no path waits to hear what the other one found out: a few round trips. */
export const FACTS_TIMEOUT_MS = 2 * SECOND_MS
/** So often it is looked which way the data goes, at almost no cost: a person sees it in time. */
export const PATH_CHECK_INTERVAL_MS = SECOND_MS
/** What the engine announces; a message above it closes the channel without an error. */
export const MAX_MESSAGE_BYTES = 256 * KIB
/** What a peer that announces nothing takes (RFC 8841, section 6.1). */
export const DEFAULT_PEER_MESSAGE_BYTES = 64 * KIB
/** A peer that takes less than this cannot carry our control frames. */
export const MIN_PEER_MESSAGE_BYTES = 16 * KIB
/** Half of what the engine holds; past 16 MiB it drops messages silently. */
export const MAX_ENGINE_BUFFER_BYTES = 8 * MIB
/** Under way over all lanes at once: 1 Gbit/s at 130 ms. */
export const MAX_FLIGHT_BYTES = 16 * MIB
/** Under way on one lane, so that the engine never holds more than it may. */
export const MAX_LANE_FLIGHT_BYTES = 6 * MIB
/** The same for a lane over TCP on a long path: half of what Linux lets a socket buffer grow to. */
export const MAX_TCP_FLIGHT_BYTES = MIB
/**
 * The same for one over UDP on a short path, at its beginning: a receiving socket holds some 90
 * datagrams on Linux, and an engine that was not awake for a moment loses the others. What is lost
 * in a burst costs half a second, and sometimes many.
 */
export const MAX_EARLY_UDP_FLIGHT_BYTES = 128 * KIB
/** So much is the beginning: a lane over TCP, which loses nothing, is there by then where it can be. */
export const EARLY_BYTES = 8 * MIB
/** Up to it nothing but the processor and those buffers is in the way, as a rule. */
export const SHORT_PATH_MS = 3
/** A base round trip from which on what is on its way fills socket buffers. */
export const LONG_PATH_MS = 10
/** Lanes at once. Under loss they add up; 48 made the most of 1 % on a fast line. */
export const MAX_LANES = 64
/** Lanes in the life of one session, replacements included: their numbers have 16 bits. */
export const MAX_LANE_NUMBER = 0xffff
/** Probes measure the round trip; so often that a queue is seen before it overflows. */
export const PROBE_INTERVAL_MS = 10
/** A receiver reports at the latest after so many bytes, so that short paths need not wait for probes. */
export const REPORT_BYTES = 512 * KIB
/** At the beginning after so many: half of what may be under way then. */
export const EARLY_REPORT_BYTES = MAX_EARLY_UDP_FLIGHT_BYTES / 2
/** After its lane is open the other side leaves the rendezvous; ours must open within this. */
export const PEER_LEFT_GRACE_MS = 5 * SECOND_MS
/** After so many bytes of messages their memory is freed: little against what is promised. */
export const MESSAGE_COLLECTION_BYTES = 8 * MIB
/** Answers to FIN come within a round trip; a lost one must not hold up the exit. */
export const FIN_TIMEOUT_MS = 5 * SECOND_MS

/** Whoever cancels waits this long for the other side to hear of it: both end within two seconds. */
export const ABORT_TIMEOUT_MS = 1200

// --- Transfer ------------------------------------------------------------------------------

export const BLOCK_BYTES = MIB
/** A window of smaller blocks would cost a receiver far more memory than their bytes. */
export const MIN_BLOCK_BYTES = 64 * KIB
/** Unwritten bytes a receiver grants: 50 ms at 5 Gbit/s, and small against the memory promised. */
export const RECEIVE_WINDOW_BYTES = 32 * MIB
/** The largest window a sender makes use of, whatever the receiver grants. */
export const MAX_WINDOW_BYTES = 64 * MIB
/** Control frames are JSON of at most this size, checked before parsing. */
export const MAX_CONTROL_BYTES = 12 * KIB
/** What a version 1 transfer can say of one file: the size must be exact in a double. */
export const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER
/** A quiet lane says so this often, so that silence means something. */
export const KEEPALIVE_INTERVAL_MS = 3 * SECOND_MS
/**
 * So long without a byte and the other side is lost. Longer than a 20 s pause of its process,
 * shorter than the 30 s in which a killed peer must be noticed.
 */
export const SILENCE_TIMEOUT_MS = 25 * SECOND_MS
/**
 * The same after this machine slept for longer than that: an other side that did not is gone
 * already, one that did says something within a keepalive or two.
 */
export const SILENCE_AFTER_SLEEP_MS = 8 * SECOND_MS
/**
 * So long without a frame of the transfer, and it has stalled: a person who does not answer
 * "Save it?", or a disk that hangs.
 */
export const STALL_TIMEOUT_MS = 10 * MINUTE_MS
/** Smaller transfers are over before a second lane is made. */
export const LARGE_TRANSFER_BYTES = 4 * MIB
/** Blocks read and not yet sent: enough that the disk is never waited for. */
export const READ_AHEAD_BLOCKS = 8
/** A block in the smallest messages that a peer may insist on, and room to spare. */
export const MAX_CHUNKS_PER_BLOCK = 128
/** How far blocks may run ahead of the first one missing: far more than any window. */
export const MAX_EARLY_BLOCKS = 4096
/** Entries of one MANIFEST: what fits a control frame with names of a usual length. */
export const MAX_MANIFEST_ENTRIES = 256
/** So long an offer waits for everything to be counted: a person waits for it, and likes to know. */
export const COUNTING_GRACE_MS = 2 * SECOND_MS
/** So many entries that were found for counting are kept for the list: about 8 MB. */
export const MAX_COUNTED_KEPT_ENTRIES = 20_000
/** A list that begins later than this after counting began looks again. */
export const COUNTED_KEPT_MS = 2 * SECOND_MS
/** And any list does where something was changed so shortly before: it may be changed again. */
export const RECENT_CHANGE_MS = MINUTE_MS
/** A tree may be so many times what was counted, and a little more, by the time that it is sent. */
export const OFFER_GROWTH = 2
export const OFFER_GROWTH_FILES = 1000
export const OFFER_GROWTH_BYTES = 64 * MIB
/** So many entries are listed ahead of those that the receiver has taken in: a few round trips. */
export const LISTED_AHEAD_ENTRIES = 2048
/** Entries told of in one CHECKED while no chunk waits for that: a quarter of what may be listed ahead. */
export const CHECKED_TOGETHER_ENTRIES = LISTED_AHEAD_ENTRIES / 4
/** While so many files are not finished a receiver takes no more in: a few megabytes of memory. */
export const MAX_OPEN_FILES = 4096
/** Digests of one HAVE: 8 KiB, which every lane takes. */
export const MAX_HAVE_DIGESTS = 256
/** Blocks of one ACK or KEEP, files of one SKIP: 8 KiB. */
export const MAX_LISTED_BLOCKS = 1024
/** Files up to this size travel together, as many as fit a block. */
export const PACKED_FILE_BYTES = 64 * KIB
/** Entries of one pack: a block of files of a kilobyte each. */
export const MAX_PACK_ENTRIES = 1024
/** Every so many numbered frames the other side is told that they came. */
export const RECEIVED_INTERVAL_FRAMES = 64
/** Numbered frames kept until the other side has them: far more than a round trip's worth. */
export const MAX_UNCONFIRMED_BYTES = 32 * MIB
/** At less than this a control frame and the chunks before it would seem to stall. */
export const MIN_LIMIT_BYTES_PER_SECOND = 1000
/** How often progress is told. */
export const PROGRESS_INTERVAL_MS = 200

// --- Compression ---------------------------------------------------------------------------

/** The line is judged this often: many chunks, and a fraction of a change in it. */
export const LINE_READING_MS = 250
/** Smaller blocks have little to repeat, and are over in a message anyway. */
export const MIN_COMPRESSED_BLOCK_BYTES = KIB
/**
 * How long blocks may go compressed without a sign of what sending them plain would do. Finding
 * out takes less than a tenth of it, and it doubles each time, up to the second.
 */
export const PLAIN_PROBE_INTERVAL_MS = 5 * SECOND_MS
export const MAX_PLAIN_PROBE_INTERVAL_MS = MINUTE_MS

// --- Files ---------------------------------------------------------------------------------

/** So much may be written before the disk is asked to store it: a fraction of a second's work. */
export const SYNC_AHEAD_BYTES = 64 * MIB
/** NAME_MAX of common file systems, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255
/** mtimes from a peer are cut to 1970..2100, which every common file system can store. */
export const MIN_MODIFIED_MS = 0
export const MAX_MODIFIED_MS = Date.UTC(2100, 0)
/** Names fetched from a directory in one call of the system. */
export const DIRECTORY_BUFFER_ENTRIES = 1024
/** Entries looked at together while a tree is walked: keeps the file system's threads busy. */
export const WALK_AHEAD_ENTRIES = 256
/** What is left out of a tree is told one by one up to here; nobody reads more. */
export const MAX_TREE_WARNINGS = 20
/** The largest of well-known repositories has a few KiB. */
export const MAX_GITIGNORE_BYTES = MIB
/** The pattern matcher remembers its answers; so many, then it starts anew. */
export const MAX_REMEMBERED_MATCHES = 4096
/** Files held open for sending; reads of more at once are rare, and descriptors are few. */
export const MAX_SOURCE_DESCRIPTORS = 16
/** Files up to this size are read in one go: keeping them open would cost more than it saves. */
export const SMALL_FILE_BYTES = 64 * KIB
/** A text that is sent for itself is meant for a terminal; more belongs in a file. */
export const MAX_TEXT_BYTES = MIB
/** A staging directory younger than this and still without an owner is just being made. */
export const STAGING_CREATION_MS = MINUTE_MS
/** Entries in one transfer: more than home directories have; their hashes take 64 MiB. */
export const MAX_ENTRIES = 2 ** 21
/** PATH_MAX of Linux, in bytes of UTF-8. */
export const MAX_PATH_BYTES = 4096
/** Components of a path: far deeper than people and package managers nest, and a descriptor each at worst. */
export const MAX_PATH_DEPTH = 128
/** Files and directories named on a command line; what becomes of each is kept in memory. */
export const MAX_ROOTS = 2 ** 16
/** Copies of one name in a directory, "name (2)" and so on, before looking for a free one is given up. */
export const MAX_RENAME_NUMBER = 10_000
/** Files of a tree that are open at once: as many as are written to in one window. */
export const MAX_STAGED_DESCRIPTORS = 16
/** Files up to this size come in one write mostly; those are opened and closed for that one only. */
export const WHOLE_FILE_BYTES = 64 * KIB
/** Files of a tree from this size on are on disk before they count as saved; asking for each small one takes as long as its transfer. */
export const SYNCED_FILE_BYTES = MIB
/** Names that are removed at once: enough to keep the thread pool busy. */
export const REMOVAL_BATCH = 64
/** How often a directory that is being emptied is read again, where its file system skips names meanwhile. */
export const MAX_REMOVAL_PASSES = 8
/** Lines of a receipt are written in pieces of this size. */
export const RECEIPT_PIECE_BYTES = 64 * KIB
/** So much of a receipt may wait for its disk; then the transfer waits. */
export const MAX_RECEIPT_BACKLOG_BYTES = MIB
/** A line of a receipt: the longest path that systems take, all of it escaped, and room to spare. */
export const MAX_RECEIPT_LINE_BYTES = 32 * KIB
/** Files of a receipt that are read at the same time. */
export const VERIFIED_AT_ONCE = 4

// --- Command line --------------------------------------------------------------------------

/** All settings with long lists of servers are a tenth of it. */
export const MAX_CONFIG_BYTES = 64 * KIB
/** A transfer over within this needs no progress bar. */
export const BAR_DELAY_MS = 500
/** Faster than this nobody reads, and a slow terminal falls behind. */
export const BAR_REDRAWS_PER_SECOND = 10
/** So long without a byte, and the bar says so instead of a rate that is no longer true. */
export const STALL_NOTICE_MS = 3 * SECOND_MS
/** A log gets a line of progress this often, or for this much progress, but never a flood. */
export const LOG_INTERVAL_MS = 10 * SECOND_MS
export const LOG_PERCENT = 10
export const MIN_LOG_INTERVAL_MS = SECOND_MS
/** Lines that wait to be written together: as much as a pipe takes. */
export const MAX_LINE_BATCH_CHARACTERS = 64 * KIB
/** Shorter waits end before the other side has typed anything. */
export const MIN_WAIT_MS = SECOND_MS
/** How long a stopped transfer may take to tell the other side before the process ends anyway. */
export const STOP_TIMEOUT_MS = 2 * SECOND_MS
/**
 * Ending while the engine still closes its connections can crash in its own threads. Closing waits
 * for them mostly: in hundreds of transfers on a busy machine none crashed without any of this.
 */
export const EXIT_GRACE_MS = 20

// --- Showing text --------------------------------------------------------------------------

/** The longest file name and most paths whole; a few lines of a terminal at worst. */
export const MAX_PRINTABLE_LENGTH = 512

// --- Doctor --------------------------------------------------------------------------------

/** RFC 8489, section 6.2.1: before a request is sent again the first time; then twice as long. */
export const STUN_RETRY_MS = SECOND_MS / 2
/** Three requests, and more than a round trip around the earth after the last. */
export const STUN_TIMEOUT_MS = 3 * SECOND_MS
/** Two show what a NAT does; more of a family only cost time. */
export const MAX_STUN_SERVERS = 4
/** What a lane is measured with at a time: as in transfers, a fraction of a window. */
export const SPEED_PAYLOAD_BYTES = 64 * KIB
/** Under way while nothing is known of the line yet. */
export const MIN_SPEED_WINDOW_BYTES = 256 * KIB
/** After the sending is over, what is still under way may take so long. */
export const SPEED_PATIENCE_MS = 4 * SECOND_MS
/** To the other side and back: long enough for a connection to find its speed on most paths. */
export const PEER_SPEED_MS = 3 * SECOND_MS
/** A tenth of a gigabyte each way is not much to lose on a line that is paid by volume. */
export const MAX_SPEED_BYTES = 128 * MIB
/** Each way within this machine, where speed is found at once. */
export const LOOPBACK_SPEED_MS = 0.7 * SECOND_MS
/** One check. Of those that wait for an answer two follow each other; all together end in 10 s. */
export const CHECK_TIMEOUT_MS = 4 * SECOND_MS
/** A clock that is further off may make certificates and relay credentials look invalid. */
export const MAX_CLOCK_ERROR_MS = MINUTE_MS
/** A certificate that ends sooner should have been renewed: a third of the shortest usual life. */
export const CERTIFICATE_WARNING_MS = 14 * 24 * HOUR_MS
/** Less than this is soon full. */
export const LOW_SPACE_BYTES = KIB * MIB
/** Each lane has a socket for each address and transport of a machine; files come on top. */
export const FEW_OPEN_FILES = 512

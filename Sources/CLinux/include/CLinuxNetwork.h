// SPDX-License-Identifier: Apache-2.0
//
// Netlink: the socket, and the numbers of rtnetlink(7), nf_tables and sock_diag(7).
#pragma once
#include <stdint.h>

/// A bound netlink socket of `protocol` with extended acknowledgements; close-on-exec.
int clinux_netlink_socket(int protocol);
/// Sends to the kernel; returns the number of bytes.
intptr_t clinux_netlink_send(int socket, const void *bytes, uintptr_t count);
/// Receives one datagram whole; a longer one than `size` is an error (EMSGSIZE).
intptr_t clinux_netlink_receive(int socket, void *bytes, uintptr_t size);
/// The destination that a redirected connection had: 16 bytes of address (IPv4 is mapped) and the
/// port in network order, in `port` (SO_ORIGINAL_DST).
int clinux_original_destination(int socket, uint8_t *address, uint16_t *port);

/// Asks for where datagrams were sent to; `is_ipv4` is the socket's family.
int clinux_note_origins(int socket, int is_ipv4);
/// Receives one datagram without waiting. `origin` (CLINUX_ORIGIN_SIZE bytes) becomes who sent it and to
/// which of this host's addresses: what an answer needs.
intptr_t clinux_receive_datagram(int socket, void *bytes, uintptr_t size, uint8_t *origin);
/// Answers to an origin, from the address that it had sent to. Never waits.
intptr_t clinux_answer_datagram(
    int socket, const void *bytes, uintptr_t count, const uint8_t *origin);
enum { CLINUX_ORIGIN_SIZE = 104 };

// epoll(7), with descriptors as its data.
int clinux_epoll_create(void);
/// Adds (`is_new`) or changes what is waited for; 0 events and not new takes the descriptor out.
int clinux_epoll_set(int queue, int fd, uint32_t events, int is_new);
/// What has happened, without waiting; returns how many entries were filled.
int clinux_epoll_take(int queue, int *fds, uint32_t *events, int most);

#define CLINUX_NETWORK_CONSTANTS(X)                                                               \
    X(NETLINK_ROUTE) X(NETLINK_NETFILTER) X(NETLINK_SOCK_DIAG)                                    \
    X(NLM_F_REQUEST) X(NLM_F_ACK) X(NLM_F_CREATE) X(NLM_F_EXCL) X(NLM_F_REPLACE) X(NLM_F_APPEND)  \
    X(NLM_F_DUMP) X(NLM_F_DUMP_INTR) X(NLMSG_ERROR) X(NLMSG_DONE) X(NLMSG_NOOP)                   \
    X(NLA_F_NESTED) X(NLA_TYPE_MASK) X(NLM_F_ACK_TLVS) X(NLM_F_CAPPED) X(NLMSGERR_ATTR_MSG)       \
    X(RTM_NEWLINK) X(RTM_DELLINK) X(RTM_GETLINK) X(RTM_SETLINK) X(RTM_NEWADDR) X(RTM_DELADDR)     \
    X(RTM_GETADDR) X(RTM_NEWROUTE) X(RTM_DELROUTE) X(RTM_GETROUTE) X(RTM_NEWNSID)                 \
    X(IFLA_IFNAME) X(IFLA_MTU) X(IFLA_ADDRESS) X(IFLA_MASTER) X(IFLA_LINKINFO)                    \
    X(IFLA_INFO_KIND) X(IFLA_INFO_DATA) X(IFLA_NET_NS_FD) X(IFLA_LINK)            \
                 \
    X(IFLA_INFO_SLAVE_DATA) X(IFLA_INFO_SLAVE_KIND) X(IFLA_STATS64) X(VETH_INFO_PEER)             \
    X(IFLA_BR_FORWARD_DELAY) X(IFLA_BR_MCAST_SNOOPING) X(IFLA_BRPORT_ISOLATED) X(IFLA_BRPORT_MODE) X(IFLA_PROTINFO) X(IFLA_IFALIAS)    \
    X(IFF_UP) X(IFA_LOCAL) X(IFA_ADDRESS) X(IFA_BROADCAST) X(IFA_FLAGS) X(IFA_F_NODAD)            \
    X(RTA_DST) X(RTA_GATEWAY) X(RTA_OIF) X(RTA_TABLE) X(RTA_PRIORITY) X(RT_TABLE_MAIN)            \
    X(RTPROT_STATIC) X(RT_SCOPE_UNIVERSE) X(RT_SCOPE_LINK) X(RTN_UNICAST) X(RTNLGRP_LINK)         \
    X(NFNL_SUBSYS_NFTABLES) X(NFNL_MSG_BATCH_BEGIN) X(NFNL_MSG_BATCH_END) X(NFPROTO_INET)         \
    X(NFPROTO_BRIDGE) X(NFPROTO_IPV4) X(NFPROTO_IPV6)                                             \
    X(NFT_MSG_NEWTABLE) X(NFT_MSG_GETTABLE) X(NFT_MSG_DELTABLE) X(NFT_MSG_NEWCHAIN)               \
    X(NFT_MSG_GETCHAIN) X(NFT_MSG_NEWRULE) X(NFT_MSG_GETRULE) X(NFT_MSG_DELRULE)                  \
    X(NFT_MSG_NEWSET) X(NFT_MSG_NEWSETELEM) X(NFT_MSG_GETSETELEM) X(NFT_MSG_DELSETELEM)           \
    X(NFTA_TABLE_NAME) X(NFTA_TABLE_USERDATA) X(NFTA_CHAIN_TABLE) X(NFTA_CHAIN_NAME)              \
    X(NFTA_CHAIN_HOOK) X(NFTA_CHAIN_POLICY) X(NFTA_CHAIN_TYPE) X(NFTA_HOOK_HOOKNUM)               \
    X(NFTA_HOOK_PRIORITY) X(NFTA_RULE_TABLE) X(NFTA_RULE_CHAIN) X(NFTA_RULE_EXPRESSIONS)          \
    X(NFTA_RULE_HANDLE) X(NFTA_RULE_COMPAT) X(NFTA_RULE_USERDATA)                                 \
    X(NFTA_LIST_ELEM) X(NFTA_EXPR_NAME) X(NFTA_EXPR_DATA) X(NFTA_DATA_VALUE) X(NFTA_DATA_VERDICT) \
    X(NFTA_VERDICT_CODE) X(NFTA_VERDICT_CHAIN) X(NFTA_IMMEDIATE_DREG) X(NFTA_IMMEDIATE_DATA)      \
    X(NFTA_CMP_SREG) X(NFTA_CMP_OP) X(NFTA_CMP_DATA) X(NFT_CMP_EQ) X(NFT_CMP_NEQ)                 \
    X(NFTA_BITWISE_SREG) X(NFTA_BITWISE_DREG) X(NFTA_BITWISE_LEN) X(NFTA_BITWISE_MASK)            \
    X(NFTA_BITWISE_XOR) X(NFTA_LOOKUP_SET) X(NFTA_LOOKUP_SREG) X(NFTA_LOOKUP_DREG)                \
    X(NFTA_LOOKUP_FLAGS) X(NFTA_LOOKUP_SET_ID) X(NFT_LOOKUP_F_INV)                                \
    X(NFTA_PAYLOAD_DREG) X(NFTA_PAYLOAD_BASE) X(NFTA_PAYLOAD_OFFSET) X(NFTA_PAYLOAD_LEN)          \
    X(NFT_PAYLOAD_LL_HEADER) X(NFT_PAYLOAD_NETWORK_HEADER) X(NFT_PAYLOAD_TRANSPORT_HEADER)        \
    X(NFTA_META_DREG) X(NFTA_META_KEY) X(NFT_META_IIFNAME) X(NFT_META_OIFNAME) X(NFT_META_NFPROTO)\
    X(NFT_META_L4PROTO) X(NFT_META_PROTOCOL) X(NFTA_CT_DREG) X(NFTA_CT_KEY) X(NFT_CT_STATE)       \
    X(NFT_CT_STATUS) X(NFTA_FIB_DREG) X(NFTA_FIB_RESULT) X(NFTA_FIB_FLAGS)                        \
    X(NFT_FIB_RESULT_ADDRTYPE) X(NFTA_FIB_F_DADDR) X(NFTA_NAT_TYPE) X(NFTA_NAT_FAMILY)            \
    X(NFTA_NAT_REG_ADDR_MIN) X(NFTA_NAT_REG_PROTO_MIN) X(NFTA_NAT_FLAGS) X(NFT_NAT_DNAT)          \
    X(NFTA_REDIR_REG_PROTO_MIN) X(NFTA_NG_DREG) X(NFTA_NG_MODULUS) X(NFTA_NG_TYPE)                \
    X(NFT_NG_RANDOM) X(NFTA_NG_OFFSET) X(NFT_REG_VERDICT) X(NFT_REG_1) X(NFT_REG32_00)            \
    X(NFT_RETURN) X(NFT_JUMP) X(NFT_GOTO)                                                         \
    X(NFTA_SET_TABLE) X(NFTA_SET_NAME) X(NFTA_SET_FLAGS) X(NFTA_SET_KEY_TYPE) X(NFTA_SET_KEY_LEN) \
    X(NFTA_SET_DATA_TYPE) X(NFTA_SET_DATA_LEN) X(NFTA_SET_DESC) X(NFTA_SET_DESC_CONCAT)           \
    X(NFTA_SET_FIELD_LEN) X(NFTA_SET_ID) X(NFTA_SET_USERDATA) X(NFT_SET_INTERVAL) X(NFT_SET_MAP)  \
    X(NFT_SET_CONCAT) X(NFT_SET_ANONYMOUS) X(NFT_SET_CONSTANT) X(NFTA_SET_ELEM_KEY)               \
    X(NFTA_SET_ELEM_KEY_END) X(NFTA_SET_ELEM_DATA) X(NFTA_SET_ELEM_FLAGS)                         \
    X(NFT_SET_ELEM_INTERVAL_END) X(NFTA_SET_ELEM_LIST_TABLE) X(NFTA_SET_ELEM_LIST_SET)            \
    X(NFTA_SET_ELEM_LIST_SET_ID) X(NFTA_SET_ELEM_LIST_ELEMENTS) X(NFTA_SET_ELEM_USERDATA)         \
    X(NF_INET_PRE_ROUTING) X(NF_INET_LOCAL_IN) X(NF_INET_FORWARD) X(NF_INET_LOCAL_OUT)            \
    X(NF_INET_POST_ROUTING) X(NF_DROP) X(NF_ACCEPT)                                               \
    X(SOCK_DIAG_BY_FAMILY) X(INET_DIAG_NOCOOKIE)

#define CLINUX_DECLARE(name) extern const int64_t clinux_##name;
CLINUX_NETWORK_CONSTANTS(CLINUX_DECLARE)
#undef CLINUX_DECLARE

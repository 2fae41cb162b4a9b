// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Linux

@Suite struct ListeningSocketTests {
    @Test func theKernelsTableIsRead() {
        let four = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
               0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
               1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
               2: 020011AC:0050 010011AC:D2F0 01 00000000:00000000 00:00000000 00000000     0
            rubbish
            """
        let found = ListeningSocket.parse(four, state: "0A")
        #expect(found.map { "\($0.address):\($0.port)" } == ["0.0.0.0:80", "127.0.0.1:5432"])
        let six = """
              sl  local_address                         remote_address                        st
               0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A
               1: 0000000000000000FFFF0000020011AC:0050 00000000000000000000000000000000:0000 0A
            """
        let others = ListeningSocket.parse(six, state: "0A")
        #expect(others.map { "\($0.address)" } == ["::1", "::ffff:172.17.0.2"])
    }
}

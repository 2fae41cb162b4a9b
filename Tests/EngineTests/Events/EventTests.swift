// SPDX-License-Identifier: Apache-2.0

import OCI
import SQLite
import Testing

@testable import Engine

struct EventTests {
    private func read(_ engine: Engine, after number: Int64 = 0) throws -> [Event] {
        var found: [Event] = []
        _ = try EventTable.read(after: number, in: try engine.open()) { found.append($0) }
        return found
    }

    @Test func whatIsRecordedIsReadInOrder() throws {
        let fixture = try RecordFixture()
        let container = try fixture.add("web", digit: 1) {
            $0.configuration.labels = ["tier": "a\"\n"]
        }
        let events = [
            Event(container, "create", at: Timestamp(seconds: 5)),
            Event(container, "die", ["exitCode": "3"], at: Timestamp(seconds: 6, nanoseconds: 7)),
            Event(.volume, "mount", "data", ["driver": "local"], at: Timestamp(seconds: 4)),
        ]
        try EventTable.add(events, in: try fixture.engine.open())
        #expect(try read(fixture.engine) == events)
        #expect(try read(fixture.engine, after: 2) == [events[2]])
        #expect(
            events[1].document.text()
                == #"{"status":"die","id":"\#(container.id)","from":"busybox","Type":"container","#
                + #""Action":"die","Actor":{"ID":"\#(container.id)","Attributes":{"exitCode":"3","#
                + #""image":"busybox","name":"web","tier":"a\"\n"}},"scope":"local","time":6,"#
                + #""timeNano":6000000007}"#)
    }

    @Test func theNumberOfThemIsBounded() throws {
        let fixture = try RecordFixture()
        let database = try fixture.engine.open()
        let some = (0..<100).map { Event(.volume, "create", "\($0)", at: Timestamp(seconds: $0)) }
        try database.transaction { () throws in
            for _ in 0..<120 { try EventTable.add(some, in: database) }
        }
        var count: Int64 = 0
        try database.query("SELECT count(*) FROM events") { count = $0.integer(0) }
        #expect(count >= EventTable.limit && count < EventTable.limit + 300)
        #expect(try EventTable.newest(in: database) == 12_000)
    }

    @Test(arguments: [
        (["event=die"], true), (["event=start"], false), (["event=start", "event=die"], true),
        (["type=container"], true), (["type=image"], false), (["container=we"], true),
        (["container=0123"], true), (["container=b"], false), (["image=busybox"], true),
        (["image=busybox:1"], true), (["image=busy"], false), (["volume=web"], false),
        (["label=tier=a"], true), (["label=tier"], true), (["label=tier=b"], false),
        (["event=die", "type=image"], false), (["scope=local"], true), (["daemon=x"], false),
    ])
    func filters(_ conditions: [String], _ expected: Bool) throws {
        let event = Event(
            .container, "die", "0123456789ab",
            ["name": "web", "image": "busybox:1", "tier": "a"], at: Timestamp(seconds: 1))
        let filter = try EventFilter(try Filters(parsing: conditions))
        #expect(filter.matches(event) == expected)
    }

    @Test func actionsWithDetailsMatchTheirFirstWord() throws {
        let filter = try EventFilter(try Filters(parsing: ["event=exec_create"]))
        #expect(filter.matches(Event(.container, "exec_create: sh", "1")))
        #expect(!filter.matches(Event(.container, "exec_start: sh", "1")))
        #expect(throws: FilterError.unknownKey("nope")) {
            try EventFilter(try Filters(parsing: ["nope=1"]))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

struct JSONTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,null,-2.5],"c":"x\"y"}"#, "[]", "{}", #""é\n""#,
        "18446744073709551615", "-9223372036854775808",
    ])
    func roundTrip(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "01", "1.", "\"\u{1}\"", "nul", "[1] 2", "\"\\x\"", "1e999",
        "\"\\u12\"", "- 1",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesDeepNesting() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: deep) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func surrogates() throws {
        #expect(try JSONValue(parsing: #""😀\ud83d""#) == "😀\u{FFFD}")
    }

    @Test func laterMemberWinsInPlace() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).text() == #"{"a":3,"b":2}"#)
    }

    @Test func largeObjectsAreIndexed() throws {
        var object = JSONObject()
        for number in 0..<100 { object["k\(number)"] = .integer(Int64(number)) }
        object["k50"] = nil
        #expect(object["k99"] == 99)
        #expect(object["k50"] == nil)
        #expect(object.members.count == 99)
    }

    struct Sample: Codable, Equatable {
        struct Inner: Codable, Equatable { var limit: UInt64 }
        var name: String
        var inner: Inner?
        var raw: JSONValue
        @OmitEmpty var tags: [String]
        @OmitEmpty var labels: [String: String]
    }

    @Test func codable() throws {
        let text =
            #"{"name":"x","inner":{"limit":18446744073709551615},"raw":{"b":[1]},"unknown":0}"#
        let sample = try Sample(json: JSONValue(parsing: text))
        #expect(sample.inner?.limit == .max)
        #expect(sample.tags.isEmpty)
        #expect(
            try sample.json().text()
                == #"{"name":"x","inner":{"limit":18446744073709551615},"raw":{"b":[1]}}"#)
    }

    @Test func errorsNameTheMember() throws {
        let error = #expect(throws: DecodingError.self) {
            try Sample(json: JSONValue(parsing: #"{"name":"x","inner":{"limit":-1},"raw":1}"#))
        }
        #expect(error?.line == "inner.limit: expected a whole number in range")
    }

    @Test func inspectStyle() {
        let value: JSONValue = ["a": [1], "b": [:], "c": "<"]
        #expect(
            value.text(JSONStyle(indent: 4, escapesHTML: true))
                == "{\n    \"a\": [\n        1\n    ],\n    \"b\": {},\n    \"c\": \"\\u003c\"\n}")
    }
}

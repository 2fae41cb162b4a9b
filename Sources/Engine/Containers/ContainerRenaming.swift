// SPDX-License-Identifier: Apache-2.0

internal import SQLite

extension Engine {
    /// Gives a container another name.
    public func rename(_ text: String, to name: String) throws {
        guard !text.isEmpty, !name.isEmpty else {
            throw EngineError.invalid("Neither old nor new names may be empty")
        }
        let database = try open()
        try database.transaction { () throws in
            var container = try ContainerTable.find(text, in: database)
            let former = container.name
            do {
                container.name = try ContainerNames.validated(name)
                guard container.name != former else {
                    throw EngineError.invalid(
                        "Renaming a container with the same name as its current name")
                }
                try ContainerTable.rename(container, in: database)
            } catch EngineError.nameTaken(let name, let id) {
                throw EngineError.invalid(
                    "Error when allocating new name: \(EngineError.nameTaken(name, by: id))")
            } catch EngineError.invalidName(let name) {
                throw EngineError.invalid(
                    "Error when allocating new name: \(EngineError.invalidName("/\(name)"))")
            }
            try record(Event(container, "rename", ["oldName": "/\(former)"]), in: database)
        }
    }
}

extension ContainerTable {
    /// Records a container's new name.
    fileprivate static func rename(
        _ container: Container, in database: borrowing Database
    ) throws {
        do throws(DatabaseError) {
            try database.run(
                "UPDATE containers SET name = ? WHERE id = ?",
                [.text(container.name), .text(container.id)])
        } catch {
            guard error.isUniqueViolation else { throw error }
            let other = try find(container.name, in: database)
            throw EngineError.nameTaken(container.name, by: other.id)
        }
    }
}

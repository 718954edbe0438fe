-- Run by every `migrate`: what each role may do; how long it may hang is set when it connects.
GRANT USAGE ON SCHEMA candour TO candour_writer, candour_projector, candour_reader;
GRANT SELECT ON candour.events, candour.keys, candour.store, candour.read_models
   TO candour_writer, candour_projector, candour_reader;
REVOKE ALL ON FUNCTION candour.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candour.append TO candour_writer;
REVOKE ALL ON FUNCTION candour.append_for_requests FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candour.append_for_requests TO candour_writer;
REVOKE ALL ON FUNCTION candour.next_reference_numbers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candour.next_reference_numbers TO candour_writer;
REVOKE ALL ON FUNCTION candour.append_by_reporter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candour.append_by_reporter TO candour_writer;
REVOKE ALL ON FUNCTION candour.adopt_receipt_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION candour.adopt_receipt_key TO candour_writer;
GRANT SELECT ON candour.receipts, candour.repeats, candour.intake_days, candour.receipt_key TO candour_writer;
GRANT SELECT, DELETE ON candour.repeats, candour.intake_days TO candour_projector;
GRANT SELECT ON candour.requests TO candour_writer;
GRANT SELECT, DELETE ON candour.requests TO candour_projector;
GRANT INSERT, UPDATE, DELETE ON candour.read_models TO candour_projector;
GRANT SELECT ON candour.read_model_sums, candour.log_sums TO candour_projector, candour_reader;
GRANT INSERT, UPDATE, DELETE ON candour.read_model_sums TO candour_projector;
GRANT INSERT ON candour.log_sums TO candour_projector;
GRANT USAGE, CREATE ON SCHEMA candour_read TO candour_projector;
GRANT USAGE ON SCHEMA candour_read TO candour_reader, candour_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE candour_projector IN SCHEMA candour_read
   GRANT SELECT ON TABLES TO candour_reader, candour_writer;

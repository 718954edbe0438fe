-- The reference numbers handed out so far, per force and year.
CREATE TABLE candour.reference_numbers (
    force text COLLATE "C" NOT NULL,
    year  integer          NOT NULL,
    last  bigint           NOT NULL,
    PRIMARY KEY (force, year)
);

-- Hands out the next numbers; the first of them comes back.
CREATE FUNCTION candour.next_reference_numbers(of_force text, of_year integer, how_many integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
    INSERT INTO candour.reference_numbers AS r (force, year, last) VALUES (of_force, of_year, how_many)
    ON CONFLICT (force, year) DO UPDATE SET last = r.last + how_many
    RETURNING r.last - how_many + 1
$$;

"""What is built and stored: the functions' zips, the page, the builds kept in the bucket."""

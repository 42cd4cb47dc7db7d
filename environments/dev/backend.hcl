# The bucket is <project>-terraform-state: if somebody in the world has that, set `bucket = "…"` here.
region              = "us-east-1"
use_lockfile        = true
allowed_account_ids = []
# No `encrypt`: it would ask for S3's own key, which the bucket refuses. The bucket encrypts with its key what names none.

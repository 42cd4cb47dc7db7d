# Names in S3 are taken world-wide: put the name here that you gave to terraform/bootstrap.
bucket              = "hello-retail-terraform-state"
key                 = "hello-retail/dev/terraform.tfstate"
region              = "us-east-1"
use_lockfile        = true
allowed_account_ids = []
# No `encrypt`: it would ask for S3's own key, which the bucket refuses. The bucket encrypts with its key what names none.

"""A tiny trace of each format, made by hand: no row of a real trace is in it."""

from collections.abc import Mapping
from types import MappingProxyType

PHILLY = """submit_time,duration_s,num_gpus,vc
2017-10-02 08:00:00,600,1,red
2017-10-03 23:30:00,90000,12,blue
2017-10-03 09:15:30,1200,8,red
2017-10-04 01:00:00,30,1,red
"""
OPENB_HEADER = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
    "creation_time,deletion_time,scheduled_time"
)
OPENB = f"""{OPENB_HEADER}
openb-pod-1,4000,8192,1,500,,LS,Running,100,4000,400
openb-pod-2,8000,16384,1,1000,T4|P100,BE,Failed,200,1400,200
openb-pod-3,2000,4096,0,0,,LS,Succeeded,300,900,300
openb-pod-4,2000,4096,0,0,,BE,Pending,300,900,
openb-pod-5,64000,262144,8,1000,V100M32,BE,Running,500,86900,500
"""
GAIA = "arrival_h,length_h,cpus\n0.5,0.25,1\n1.0,2.0,130\n25.0,1.0,4\n"
SWF_TEXT = """; Version: 2.2
; Computer: a machine that never was
  1    0 -1  3600   4 -1 -1   4 -1 -1 1 1 1 -1 -1 -1 -1 -1
  2   60  5    -1   2 -1 -1   2 -1 -1 0 1 1 -1 -1 -1 -1 -1
  3  120  5   900  -1 -1 -1 128 -1 -1 1 1 1 -1 -1 -1 -1 -1
"""
SWF_CSV = "job,submit_s,wait_s,run_s,procs\n1,0,-1,3600,4\n2,60,-1,0,1\n3,120,-1,900,128\n"
AZURE_LLM = "t_s,context_tokens,generated_tokens\n0.0,1000,100\n1.5,4000,800\n1000.0,200,50\n"
MOONCAKE = """t_ms,input_tokens,output_tokens,n_blocks,first_block,second_block
0,9000,400,18,0,1
3000,900,40,2,0,7
"""
GENAI = """gmt_create,predict_type,predict_status,exec_time_seconds
2024-11-20 16:00:00,TXT_2_IMG,SUCCEED,32.0
2024-11-20 16:05:00,TXT_2_IMG,SUCCEED,900.0
2024-11-20 16:06:00,TXT_2_IMG,PENDING,
"""

EXCERPTS: Mapping[str, str] = MappingProxyType(
    {
        "philly": PHILLY,
        "openb": OPENB,
        "pai": GAIA,
        "azure": GAIA,
        "mustang": GAIA,
        "swf": SWF_TEXT,
        "azure-llm": AZURE_LLM,
        "mooncake": MOONCAKE,
        "alibaba-genai": GENAI,
    }
)
